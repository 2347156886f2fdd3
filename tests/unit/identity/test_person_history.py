"""What happened to a person, from version to version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plait.identity.person_history import read_history
from tests.unit.identity.stored import account, person, publish_people


def _change(version: int, who: str, change: str, other: str | None = None, **more: Any) -> Any:
    named = None if other is None else person(other)
    return {"version": version, "person": person(who), "change": change, "other": named, **more}


def test_a_person_has_the_changes_that_name_it_in_order(tmp_path: Path) -> None:
    changes = [
        _change(3, "1", "left", "4", account=account("d"), platform="shop"),
        _change(3, "1", "split", "4"),
        _change(2, "2", "merged", "1"),
        _change(2, "1", "joined", None, account=account("e"), platform="shop", rule="email"),
        _change(2, "3", "merged", "5"),
    ]
    people = publish_people(tmp_path, {"1": "abe", "4": "d"}, retired={"2": "1"}, changes=changes)
    found = read_history(people, person("1"))
    assert [(e.version, e.change) for e in found.events] == [
        (1, "founded"), (2, "joined"), (2, "merged"), (3, "left"), (3, "split"),
    ]  # fmt: skip
    assert found.events[1].text == f"shop {account('e')} joined it by email, a new account."
    assert found.events[2].text == f"{person('2')} was merged into it."
    assert found.retired == (person("2"),)
    assert (found.accounts, found.platforms, found.merged_into) == (3, ("shop",), None)


def test_the_new_part_of_a_split_says_where_it_came_from(tmp_path: Path) -> None:
    changes = [
        _change(3, "1", "split", "4"),
        _change(3, "1", "left", "4", account=account("d"), platform="shop"),
    ]
    people = publish_people(tmp_path, {"1": "ab", "4": "d"}, changes=changes)
    texts = [event.text for event in read_history(people, person("4")).events]
    assert texts == ["the id was first used.", f"it was made of accounts of {person('1')}."]


def test_a_retired_id_says_what_it_is_part_of(tmp_path: Path) -> None:
    changes = [_change(2, "2", "merged", "1")]
    people = publish_people(tmp_path, {"1": "ab"}, retired={"2": "1"}, changes=changes)
    found = read_history(people, person("2"))
    assert found.merged_into == person("1")
    assert found.events[-1].text == f"it was merged into {person('1')}."
