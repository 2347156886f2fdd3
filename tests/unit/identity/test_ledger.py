"""Person ids outlive merges, splits and undone merges."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.identity.ledger import PERSON_IDS, IdentityLedger, assign_person_ids


def _account(name: str) -> str:
    return f"a_key0_{name:0>32}"


def _person(name: str) -> str:
    return f"p_{name:0>32}"


def _members(groups: dict[str, str]) -> pl.DataFrame:
    rows = [(_account(a), component) for component, accounts in groups.items() for a in accounts]
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("account", "component"), pl.String), orient="row"
    )


class _History:
    """The tables a store would hold after each version."""

    def __init__(self) -> None:
        self.version = 0
        self.before: pl.DataFrame | None = None
        self.known: pl.DataFrame | None = None

    def step(self, **groups: str) -> tuple[dict[str, str], dict[str, str]]:
        """Returns group to person, and retired id to who it stands for."""
        self.version += 1
        members = _members(groups)
        ledger: IdentityLedger = assign_person_ids(members, self.version, self.before, self.known)
        persons = ledger.persons
        assert persons["person"].n_unique() == persons.height == len(groups)
        assert not set(persons["person"]) & set(ledger.retired["person"])
        self.before = members.join(persons, on="component").select("account", "person")
        active = persons.select(
            "person", "since", "founded_by", merged_into=pl.lit(None, pl.String)
        ).select(list(PERSON_IDS))
        self.known = pl.concat([active, ledger.retired])
        named: dict[str, Any] = dict(persons.select("component", "person").rows())
        return named, dict(ledger.retired.select("person", "merged_into").rows())

    def since(self, person: str) -> int:
        """Returns the version that first had an id."""
        assert self.known is not None
        return int(self.known.filter(person=person)["since"].item())


def test_the_smallest_account_founds_a_person() -> None:
    named, retired = _History().step(x="cb", y="a")
    assert named == {"x": _person("b"), "y": _person("a")}
    assert retired == {}


def test_a_person_keeps_the_id_when_a_smaller_account_joins() -> None:
    history = _History()
    history.step(x="bc")
    named, _ = history.step(x="abc")
    assert named == {"x": _person("b")}


def test_the_older_id_survives_a_merge_and_the_other_still_resolves() -> None:
    history = _History()
    history.step(old="z")
    history.step(old="z", new="a")
    named, retired = history.step(both="az")
    assert named == {"both": _person("z")}
    assert retired == {_person("a"): _person("z")}


def test_retired_ids_follow_a_second_merge() -> None:
    history = _History()
    history.step(one="x")
    history.step(one="x", two="b", three="c")
    history.step(one="x", two="bc")
    named, retired = history.step(one="xbc")
    assert named == {"one": _person("x")}
    assert retired == {_person("c"): _person("x"), _person("b"): _person("x")}


def test_of_two_equal_parts_the_one_with_the_founder_keeps_the_id() -> None:
    history = _History()
    alone, _ = history.step(one="z")
    history.step(both="az")
    named, retired = history.step(one="a", two="z")
    assert named["two"] == alone["one"] == _person("z")
    assert (named["one"], retired) == (_person("a"), {})


def test_the_largest_part_keeps_the_id_on_a_split() -> None:
    history = _History()
    history.step(x="abc")
    named, retired = history.step(small="a", large="bc")
    assert named["large"] == _person("a")
    assert named["small"] not in (_person("a"), _person("b"))
    assert retired == {}


def test_an_undone_merge_gives_the_retired_id_back() -> None:
    history = _History()
    history.step(x="xy")
    history.step(x="xy", a="a")
    history.step(both="xya")
    named, retired = history.step(x="xy", a="a")
    assert named == {"x": _person("x"), "a": _person("a")}
    assert retired == {}


def test_the_same_accounts_keep_everything() -> None:
    history = _History()
    first = history.step(x="ab", y="c")
    for _ in range(3):
        assert history.step(x="ab", y="c") == first
    assert history.known is not None
    assert history.known["since"].to_list() == [1, 1]


def test_undone_merges_leave_every_id_and_since_as_it_was() -> None:
    history = _History()
    history.step(x="a")
    history.step(x="a", y="cde")
    before = history.step(x="a", y="cde", z="fg")
    history.step(all="acdefg")
    history.step(all="acdefgh")  # and somebody new came to them
    named, retired = history.step(x="a", y="cdeh", z="fg")
    assert (named, retired) == before
    assert [history.since(named[one]) for one in "xyz"] == [1, 2, 3]


def test_a_retired_id_goes_where_its_founder_goes() -> None:
    history = _History()
    history.step(x="ax", y="by", z="c")
    history.step(x="ax", y="byc")
    _, retired = history.step(x="axbyc")
    assert retired == dict.fromkeys([_person("b"), _person("c")], _person("a"))
    named, retired = history.step(x="ax", y="byc")
    assert (named["y"], retired) == (_person("b"), {_person("c"): _person("b")})


def test_a_person_who_leaves_the_founder_has_another() -> None:
    history = _History()
    history.step(x="abc")
    named, _ = history.step(x="bc", y="a")
    grown = history.step(x="bc", y="ade")
    assert grown[0] == named
    history.step(x="bcade")
    assert history.step(x="bc", y="ade") == grown


PARTS = st.lists(st.integers(0, 4), min_size=7, max_size=7)


def _grouped(parts: list[int | None]) -> dict[str, str]:
    groups: dict[str, str] = {}
    for account, part in zip("abcdefg", parts, strict=True):
        if part is not None:
            groups[str(part)] = groups.get(str(part), "") + account
    return groups


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.none() | st.integers(0, 4), min_size=7, max_size=7), max_size=5),
    PARTS,
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_no_id_is_lost_or_moves_without_cause_whatever_came_before(
    past: list[list[int | None]], parts: list[int], merged: list[int]
) -> None:
    history, retired = _History(), set[str]()
    for step in [*past, parts]:
        history.step(**_grouped(step))
        assert history.known is not None
        known = dict(history.known.select("person", "merged_into").rows())
        # A retired id resolves for ever, in one step, to an id that is not retired.
        for person in retired:
            into = known[person]
            assert into is None or known[into] is None
        retired = {person for person, into in known.items() if into is not None}
    assert history.known is not None
    before, state = history.known.sort("person"), history.before
    assert state is not None
    history.step(**_grouped(parts))
    assert history.known.sort("person").equals(before)
    # Merges that are undone were never there.
    history.step(**_grouped([merged[part] for part in parts]))
    history.step(**_grouped(parts))
    assert history.known.sort("person").equals(before)
    assert history.before is not None
    assert history.before.sort("account").equals(state.sort("account"))


def test_a_person_whose_accounts_are_gone_keeps_an_id_that_nobody_else_gets() -> None:
    history = _History()
    history.step(x="a", y="b")
    history.step(both="ab")
    named, retired = history.step(z="c")
    assert named == {"z": _person("c")}
    assert retired == {_person("a"): None, _person("b"): _person("a")}
    named, retired = history.step(z="c", x="a")
    assert (named["x"], retired) == (_person("a"), {_person("b"): _person("a")})
    assert history.since(_person("a")) == 1
