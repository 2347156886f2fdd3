"""The pairs that are worth a question, the most informative first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from plait.identity.review.review_pairs import find_review_pairs
from tests.unit.identity.stored import TERMS, account, edge, publish_people

SETTINGS = {"people.link.threshold": 0.8, "people.link.review_from": 0.2}
NOBODY = pl.DataFrame(schema={"account_a": pl.String, "account_b": pl.String})


def _alike(a: str, b: str, weight: float, dropped_as: str | None = "below_threshold") -> Any:
    return edge(a, b, "probabilistic", weight, terms=TERMS, dropped_as=dropped_as)


def _asked(
    folder: Path, persons: Any, edges: Any, answered: pl.DataFrame = NOBODY, **more: Any
) -> list[str]:
    people = publish_people(folder, persons, edges, settings=SETTINGS, **more)
    found, count = find_review_pairs(people, people.version.settings, answered)
    assert count == len(found)
    short = {account(name): name for names in persons.values() for name in names}
    return [short[pair.one.account] + short[pair.two.account] for pair in found]


def test_pairs_below_and_just_above_the_threshold_are_asked_nearest_first(tmp_path: Path) -> None:
    persons = {"1": "a", "2": "b", "3": "c", "4": "de", "5": "f0"}
    edges = [
        _alike("a", "b", 0.3), _alike("a", "c", 0.75), _alike("d", "e", 0.82, None),
        _alike("f", "0", 0.9999, None),  # far above
        edge("a", "d", "device", 0.7, dropped_as="below_threshold"),  # declared, not estimated
        _alike("b", "c", 0.5, "unlinked"),
    ]  # fmt: skip
    assert _asked(tmp_path, persons, edges) == ["de", "ac", "ab"]


def test_a_pair_that_moves_more_events_is_asked_first(tmp_path: Path) -> None:
    persons = {"1": "a", "2": "b", "3": "c", "4": "d"}
    edges = [_alike("a", "b", 0.5), _alike("c", "d", 0.5)]
    assert _asked(tmp_path, persons, edges, events={"c": 90, "d": 80, "a": 500}) == ["cd", "ab"]


def test_pairs_that_are_answered_or_joined_otherwise_are_not_asked(tmp_path: Path) -> None:
    persons = {"1": "a", "2": "b", "3": "c", "4": "de"}
    edges = [_alike("a", "b", 0.7), _alike("a", "c", 0.7), _alike("d", "e", 0.7)]
    answered = pl.DataFrame({"account_a": [account("b")], "account_b": [account("a")]})
    assert _asked(tmp_path, persons, edges, answered) == ["ac"]


def test_without_a_model_there_is_nothing_to_ask(tmp_path: Path) -> None:
    people = publish_people(tmp_path, {"1": "a", "2": "b"}, [_alike("a", "b", 0.7)])
    assert find_review_pairs(people, {}, NOBODY) == ([], 0)


def test_what_depends_on_a_pair_is_the_smaller_person(tmp_path: Path) -> None:
    persons = {"1": "abc", "2": "d"}
    people = publish_people(
        tmp_path, persons, [_alike("a", "d", 0.7)], events={"a": 9, "d": 3}, settings=SETTINGS
    )
    ((pair,), _) = find_review_pairs(people, SETTINGS, NOBODY)
    assert (pair.accounts, pair.events) == (1, 3)


def test_the_first_pairs_are_returned_and_all_are_counted(tmp_path: Path) -> None:
    edges = [_alike("a", "b", 0.5), _alike("a", "c", 0.7)]
    people = publish_people(tmp_path, {"1": "a", "2": "b", "3": "c"}, edges)
    found, count = find_review_pairs(people, SETTINGS, NOBODY, 1)
    assert ([pair.two.account for pair in found], count) == ([account("c")], 2)
