"""Which accounts are one person, and by which rule."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.identity.clusters import cluster_accounts, contract_homes
from plait.identity.components.find_components import find_components
from plait.identity.evidence import same_id_edges
from plait.identity.ledger import assign_person_ids

from .edges import clusters_of, edge_frame, frame

NAMES = [f"a{n}" for n in range(9)]
# The last two have no account: evidence may name them all the same.
ACCOUNT = st.sampled_from(NAMES)
HOMES = st.lists(st.sampled_from([0, 1, 2, 8, None]), min_size=7, max_size=7)
KEYS = st.lists(
    st.tuples(ACCOUNT, st.sampled_from(["email", "phone"]), st.sampled_from("xyz")), max_size=8
)
LINKS = st.lists(st.tuples(ACCOUNT, ACCOUNT), max_size=4)
EDGES = st.lists(
    st.tuples(
        ACCOUNT,
        ACCOUNT,
        st.sampled_from(["email", "link", "probabilistic"]),
        st.sampled_from([0.2, 0.9, 1.0]),
    ),
    max_size=7,
)


def _groups(found: dict[str, tuple[str, str]]) -> set[frozenset[str]]:
    together = defaultdict(set)
    for account, (component, _) in found.items():
        together[component].add(account)
    return {frozenset(group) for group in together.values()}


def _rules(found: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {account: rule for account, (_, rule) in found.items()}


def _with_homes(homes: list[int | None]) -> list[tuple[str, str]]:
    """Returns accounts and homes; a home is its own home."""
    used = {n for n in homes if n is not None}
    return [
        (NAMES[n], NAMES[n if home is None or n in used else home]) for n, home in enumerate(homes)
    ]


def _components(accounts: list[tuple[str, str]], pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Returns the component of every account, by union-find over home accounts."""
    homes = dict(accounts)
    above: dict[str, str] = {}

    def top(node: str) -> str:
        while above.get(node, node) != node:
            node = above[node]
        return node

    for pair in pairs:
        low, high = sorted(top(homes.get(end, end)) for end in pair)
        above[high] = low  # so the smallest is the top
    return {account: top(home) for account, home in accounts}


def test_nothing_in_common() -> None:
    found = clusters_of([("a1", "a1"), ("b1", "b1")])
    assert found == {"a1": ("a1", "alone"), "b1": ("b1", "alone")}


def test_one_home_is_one_person() -> None:
    found = clusters_of([("a1", "a1"), ("b1", "a1"), ("b2", "a2")])
    assert found == {
        "a1": ("a1", "same_account_id"),
        "b1": ("a1", "same_account_id"),
        "b2": ("a2", "alone"),
    }


def test_keys_homes_and_links_chain() -> None:
    accounts = [("a1", "a1"), ("b1", "a1"), ("c1", "c1"), ("d1", "d1"), ("e1", "e1")]
    found = clusters_of(accounts, [("b1", "email", "x"), ("c1", "email", "x")], [("c1", "d1")])
    assert _groups(found) == {frozenset({"a1", "b1", "c1", "d1"}), frozenset({"e1"})}
    assert _rules(found) == {
        "a1": "same_account_id", "b1": "same_account_id",
        "c1": "email", "d1": "link", "e1": "alone",
    }  # fmt: skip


def test_one_value_under_two_keys_is_two_values() -> None:
    found = clusters_of([("a1", "a1"), ("b1", "b1")], [("a1", "email", "x"), ("b1", "phone", "x")])
    assert len(_groups(found)) == 2


def test_a_link_through_an_account_without_events() -> None:
    found = clusters_of([("a1", "a1"), ("b1", "b1")], links=[("a1", "ghost"), ("ghost", "b1")])
    assert _groups(found) == {frozenset({"a1", "b1"})}


@given(HOMES, KEYS, LINKS)
def test_keys_and_links_join_as_an_oracle_says_and_by_its_rule(
    homes: list[int | None], keys: list[tuple[str, str, str]], links: list[tuple[str, str]]
) -> None:
    accounts = _with_homes(homes)
    holders = defaultdict(set)
    for account, key, value in keys:
        holders[key, value].add(account)
    pairs = [(min(held), other) for held in holders.values() for other in held]
    component = _components(accounts, pairs + links)
    sizes, at_home = defaultdict(int), defaultdict(int)
    for account, home in accounts:
        sizes[component[account]] += 1
        at_home[home] += 1
    expected = {}
    for account, home in accounts:
        shared = [key for (key, _), held in holders.items() if account in held and len(held) > 1]
        if sizes[component[account]] == 1:
            rule = "alone"
        elif at_home[home] > 1:
            rule = "same_account_id"
        else:
            rule = min(shared, default="link")
        expected[account] = (component[account], rule)
    assert clusters_of(accounts, keys, links) == expected


@given(HOMES, EDGES, st.randoms(use_true_random=False))
def test_any_mixture_joins_as_an_oracle_says_in_any_order_and_either_way_round(
    homes: list[int | None], rows: list[tuple[str, str, str, float]], draws: Random
) -> None:
    accounts = _with_homes(homes)
    found = clusters_of(accounts, more=[edge_frame(rows)])
    assert {a: c for a, (c, _) in found.items()} == _components(accounts, [r[:2] for r in rows])
    turned = [(b, a, *rest) if draws.random() < 0.5 else (a, b, *rest) for a, b, *rest in rows]
    again = draws.sample(turned, len(turned))
    assert clusters_of(draws.sample(accounts, 7), more=[edge_frame(again)]) == found


@given(HOMES, EDGES, EDGES)
def test_more_evidence_splits_nobody(
    homes: list[int | None],
    rows: list[tuple[str, str, str, float]],
    more: list[tuple[str, str, str, float]],
) -> None:
    accounts = _with_homes(homes)
    before = _groups(clusters_of(accounts, more=[edge_frame(rows)]))
    after = _groups(clusters_of(accounts, more=[edge_frame(rows + more)]))
    assert all(any(group <= larger for larger in after) for group in before)


def _similar_names(names: dict[str, str]) -> pl.DataFrame:
    """A second source, as a probabilistic one would be: whoever has one name, surely or not."""
    held = pl.DataFrame(list(names.items()), schema=["account", "name"], orient="row")
    stars = held.with_columns(pl.col("account").min().over("name").alias("first"))
    rows = stars.filter(pl.col("account") != pl.col("first")).select("first", "account").rows()
    return edge_frame((a, b, "probabilistic", 0.9) for a, b in rows)


@pytest.mark.parametrize(("min_weight", "joined"), [(0.0, True), (0.9, True), (0.95, False)])
def test_a_probabilistic_source_is_one_more_among_the_edges(
    min_weight: float, *, joined: bool
) -> None:
    accounts = [(name, name) for name in ("a1", "b1", "c1", "d1")]
    names = _similar_names({"a1": "ann", "b1": "ann", "c1": "ann", "d1": "dan"})
    found = clusters_of(accounts, links=[("c1", "d1")], more=[names], min_weight=min_weight)
    assert _rules(found) == {
        "a1": "probabilistic" if joined else "alone",
        "b1": "probabilistic" if joined else "alone",
        "c1": "link",  # what somebody declared comes first
        "d1": "link",
    }
    members = frame("account component", [(a, c) for a, (c, _) in found.items()])
    assert assign_person_ids(members, version=1).persons.height == (1 if joined else 3)


def test_two_homes_of_one_account_are_refused() -> None:
    known = frame("account home", [("a1", "a1"), ("a1", "h1"), ("a1", "h2")])
    with pytest.raises(pl.exceptions.ComputeError, match="m:1"):
        cluster_accounts(known.head(1), same_id_edges(known))


def test_the_graph_holds_only_what_other_evidence_touches() -> None:
    homes = same_id_edges(frame("account home", [("b1", "a1"), ("c1", "a1"), ("b2", "a2")]))
    edges = pl.concat([homes, edge_frame([("b1", "z", "link", 1.0)])])
    assert contract_homes(edges).rows() == [("a1", "z")]


def test_components_are_named_by_their_smallest_node() -> None:
    ends = frame("a b", [("c", "b"), ("b", "a"), ("z", "y"), ("q", "q")])
    found = find_components(ends).sort("node").rows()
    assert found == [("a", "a"), ("b", "a"), ("c", "a"), ("q", "q"), ("y", "y"), ("z", "y")]
    assert find_components(frame("a b", [])).height == 0
