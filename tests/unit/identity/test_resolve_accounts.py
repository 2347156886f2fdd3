"""Which accounts are one person."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.identity.clusters import find_components
from plait.identity.resolve_accounts import MAX_ACCOUNTS_PER_KEY, identifying_keys, resolve_accounts


def _frame(columns: str, rows: list[Any]) -> pl.DataFrame:
    names = columns.split()
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _people(
    accounts: list[tuple[str, str]],
    keys: list[tuple[str, str, str]] | None = None,
    links: list[tuple[str, str]] | None = None,
) -> tuple[set[frozenset[str]], dict[str, str]]:
    found = resolve_accounts(
        _frame("account home", accounts),
        _frame("account key value", keys or []),
        _frame("account_a account_b", links or []),
    )
    assert found["account"].sort().to_list() == sorted(a for a, _ in accounts)
    groups = found.group_by("component").agg("account")["account"].to_list()
    return {frozenset(g) for g in groups}, dict(found.select("account", "rule").rows())


def test_nothing_in_common() -> None:
    groups, rules = _people([("a1", "a1"), ("b1", "b1")])
    assert groups == {frozenset({"a1"}), frozenset({"b1"})}
    assert rules == {"a1": "alone", "b1": "alone"}


def test_one_home_is_one_person() -> None:
    groups, rules = _people([("a1", "a1"), ("b1", "a1"), ("b2", "a2")])
    assert groups == {frozenset({"a1", "b1"}), frozenset({"b2"})}
    assert rules == {"a1": "same_account_id", "b1": "same_account_id", "b2": "alone"}


def test_keys_homes_and_links_chain() -> None:
    accounts = [("a1", "a1"), ("b1", "a1"), ("c1", "c1"), ("d1", "d1"), ("e1", "e1")]
    groups, rules = _people(accounts, [("b1", "email", "x"), ("c1", "email", "x")], [("c1", "d1")])
    assert groups == {frozenset({"a1", "b1", "c1", "d1"}), frozenset({"e1"})}
    assert rules == {
        "a1": "same_account_id", "b1": "same_account_id",
        "c1": "email", "d1": "link", "e1": "alone",
    }  # fmt: skip


def test_one_value_under_two_keys_is_two_values() -> None:
    groups, _ = _people([("a1", "a1"), ("b1", "b1")], [("a1", "email", "x"), ("b1", "phone", "x")])
    assert len(groups) == 2


def test_a_link_through_an_account_without_events() -> None:
    groups, _ = _people([("a1", "a1"), ("b1", "b1")], links=[("a1", "ghost"), ("ghost", "b1")])
    assert groups == {frozenset({"a1", "b1"})}


def test_a_value_held_by_too_many_identifies_nobody() -> None:
    many = [(f"a{n}", "email", "none@example.com") for n in range(MAX_ACCOUNTS_PER_KEY + 1)]
    held = _frame("account key value", [*many, ("b", "email", "x"), ("c", None, None)])
    usable, ignored = identifying_keys(held)
    assert ignored == 1
    assert usable.select("account", "key", "value").rows() == [("b", "email", "x")]


def test_components_are_named_by_their_smallest_node() -> None:
    edges = _frame("a b", [("c", "b"), ("b", "a"), ("z", "y"), ("q", "q")])
    found = find_components(edges).sort("node").rows()
    assert found == [("a", "a"), ("b", "a"), ("c", "a"), ("q", "q"), ("y", "y"), ("z", "y")]
    assert find_components(_frame("a b", [])).height == 0
