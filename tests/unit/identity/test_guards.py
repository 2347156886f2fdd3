"""What keeps accounts apart: unlinks, shared devices, contradictions, a cap, and no consent."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.identity.cluster_guards import ClusterGuards
from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import LINK, SAME_ID, gather_edges, same_id_edges
from plait.identity.keys.key_evidence import key_edges

from .edges import attribute_frame, edge_frame, frame, rules_of

STRONG, WEAK = frozenset({"email", "phone", "loyalty"}), frozenset({"device", "cookie"})
PRIORITIES = {"loyalty": 60, "email": 50, "phone": 40, "device": 20, "cookie": 10}
Pairs = Iterable[tuple[str, str]]


@dataclass
class _Found:
    groups: set[str]
    edges: dict[tuple[str, str, str], str | None]
    rules: dict[str, str]


def _cluster(
    accounts: str | Sequence[str],
    keys: Sequence[tuple[str, str, str]] = (),
    *,
    edges: Iterable[tuple[str, str, str, float]] = (),
    homes: dict[str, str] | None = None,
    apart: Pairs = (),
    unlike: Pairs = (),
    withheld: Sequence[str] = (),
    **more: Any,
) -> _Found:
    """Clusters accounts; groups are named by their members, joined."""
    homes = homes or {}
    known = frame("account home", [(a, homes.get(a, a)) for a in accounts])
    values = frame("account key value", keys)
    guards = ClusterGuards(
        apart=frame("account_a account_b", apart),
        contradictions=frame("account_a account_b because", [(*p, "birth_date") for p in unlike]),
        withheld=frame("account", [(a,) for a in withheld]),
        values=values, strong=STRONG, weak=WEAK, priorities=PRIORITIES, **more,
    )  # fmt: skip
    sources = [
        same_id_edges(known),
        key_edges(attribute_frame(values.rows()), rules_of(*values["key"].unique())).edges,
        edge_frame(edges),
    ]
    found = cluster_accounts(known, gather_edges(sources), guards)
    groups = found.components.sort("account").group_by("component").agg("account")["account"]
    rows = found.edges.select("account_a", "account_b", "rule", "dropped_as").rows()
    return _Found(
        {"".join(group) for group in groups},
        {(a, b, rule): why for a, b, rule, why in rows},
        dict(found.components.select("account", "rule").rows()),
    )


def test_fifty_people_on_one_tablet_are_fifty() -> None:
    names = [f"a{n:02}" for n in range(50)]
    keys = [(name, "email", f"{name}@x") for name in names] + [(n, "device", "t") for n in names]
    found = _cluster(names, keys)
    assert len(found.groups) == 50
    assert set(found.edges.values()) == {"contradiction"}
    assert set(found.rules.values()) == {"alone"}


def test_a_device_of_one_person_joins_and_one_of_two_people_joins_nobody() -> None:
    mails = [("a", "email", "x"), ("b", "email", "y")]
    of_one = [("a", "device", "d"), ("c", "device", "d")]
    assert _cluster("abc", [*mails, *of_one]).groups == {"ac", "b"}
    of_two = [(name, "device", "d") for name in "abc"]
    found = _cluster("abc", [*mails, *of_two])
    assert found.groups == {"a", "b", "c"}  # whose device it is, c's row does not say
    assert set(found.edges.values()) == {"contradiction"}
    # Another device of a, which b does not use, says what it said before.
    found = _cluster("abcd", [*mails, *of_two, ("a", "cookie", "k"), ("d", "cookie", "k")])
    assert found.groups == {"ad", "b", "c"}


def test_two_keys_that_agree_in_one_strong_value_do_not_contradict() -> None:
    keys = [("a", "email", "x"), ("b", "email", "y"), ("a", "phone", "1"), ("b", "phone", "1")]
    assert _cluster("ab", [*keys, ("a", "device", "d"), ("b", "device", "d")]).groups == {"ab"}


def test_weak_evidence_does_not_chain_two_people() -> None:
    keys = [("a", "email", "x"), ("a", "device", "d"), ("u", "device", "d"), ("u", "cookie", "k"),
            ("b", "cookie", "k"), ("b", "email", "y")]  # fmt: skip
    found = _cluster("abu", keys)
    assert found.groups == {"au", "b"}
    assert found.edges["b", "u", "cookie"] == "contradiction"


def test_a_family_on_one_mailbox_is_as_many_people_as_it_has() -> None:
    keys = [(name, "email", "family@x") for name in "abcd"]
    found = _cluster("abcd", keys, unlike=combinations("abcd", 2))
    assert found.groups == set("abcd")
    # a and b are parents; c is another account of b, and was only compared through a.
    found = _cluster("abc", keys[:3], unlike=[("a", "b"), ("c", "a")])
    assert found.groups == {"a", "bc"}
    assert found.edges == {
        ("a", "b", "email"): "contradiction", ("a", "c", "email"): "contradiction",
        ("b", "c", "email"): None,
    }  # fmt: skip
    assert found.rules == {"a": "alone", "b": "email", "c": "email"}


def test_a_link_joins_what_contradicts_itself_and_an_unlink_outranks_everything() -> None:
    both = [("a", "b", LINK, 1.0)]
    assert _cluster("ab", edges=both, unlike=[("a", "b")]).groups == {"ab"}
    keys = [("a", "email", "x"), ("b", "email", "x")]
    more = [("a", "c", LINK, 1.0), ("b", "c", "probabilistic", 0.99)]
    found = _cluster("abc", keys, edges=more, apart=[("b", "a")])
    assert found.groups == {"ac", "b"}
    assert found.edges["a", "b", "email"] == found.edges["b", "c", "probabilistic"] == "unlinked"


def test_accounts_of_one_home_can_be_unlinked_and_the_others_stay_together() -> None:
    homes = dict.fromkeys("abcd", "h")
    found = _cluster("abcd", homes=homes, apart=[("a", "b")])
    assert found.groups == {"acd", "b"}
    assert found.rules == {"a": SAME_ID, "c": SAME_ID, "d": SAME_ID, "b": "alone"}
    homes = dict.fromkeys("abcd", "a")
    found = _cluster("abcd", homes=homes, apart=[("a", "c"), ("a", "d")])
    assert found.groups == {"ab", "cd"}


def test_whoever_an_unlink_takes_from_the_first_holder_stays_with_the_others() -> None:
    keys = [(name, "email", "x") for name in "abcd"]
    found = _cluster("abcd", keys, apart=[("a", "c"), ("a", "d")])
    assert found.groups == {"ab", "cd"}
    assert found.edges["c", "d", "email"] is None


def test_a_chain_is_capped_and_says_where() -> None:
    names = [f"a{n:03}" for n in range(200)]
    chain = [(a, b, "probabilistic", 0.8) for a, b in pairwise(names)]
    capped = _cluster(names, edges=chain, max_accounts=50)
    assert sorted(len(group) for group in capped.groups) == [200] * 4  # 50 names of 4 letters
    refused = [pair for pair, why in capped.edges.items() if why is not None]
    assert {capped.edges[pair] for pair in refused} == {"cap"}
    assert len(refused) == 3
    assert len(_cluster(names, edges=chain, max_accounts=200).groups) == 1


def test_the_strongest_evidence_is_used_before_a_person_is_full() -> None:
    edges = [("a", "b", "probabilistic", 0.7), ("b", "c", "probabilistic", 0.9)]
    assert _cluster("abc", edges=edges, max_accounts=2).groups == {"a", "bc"}
    edges = [("a", "b", "cookie", 1.0), ("b", "c", "phone", 1.0), ("c", "d", LINK, 1.0)]
    assert _cluster("abcd", edges=edges, max_accounts=2).groups == {"ab", "cd"}


def test_an_edge_below_its_threshold_joins_nobody_and_is_kept() -> None:
    edges = [("a", "b", "probabilistic", 0.7), ("b", "c", "cookie", 0.7)]
    found = _cluster("abc", edges=edges, thresholds={"probabilistic": 0.8})
    assert found.groups == {"a", "bc"}
    assert found.edges["a", "b", "probabilistic"] == "below_threshold"


def test_an_account_without_consent_is_a_person_of_its_own() -> None:
    keys = [(name, "email", "x") for name in "abc"]
    found = _cluster("abc", keys, withheld="c")
    assert found.groups == {"ab", "c"}
    assert found.edges["a", "c", "email"] == "no_consent"
    # Not even the home account's: the others still have one account id.
    found = _cluster("abcd", homes=dict.fromkeys("abcd", "a"), withheld="a")
    assert found.groups == {"a", "bcd"}
    assert found.rules["a"] == "alone"


ACCOUNTS = "abcdefgh"
ACCOUNT = st.sampled_from(ACCOUNTS)
SOME_KEYS = st.lists(
    st.tuples(ACCOUNT, st.sampled_from(sorted(STRONG | WEAK)), st.sampled_from("xyz")), max_size=14
)
SOME_EDGES = st.lists(
    st.tuples(
        ACCOUNT,
        ACCOUNT,
        st.sampled_from([LINK, "probabilistic"]),
        st.sampled_from([0.5, 0.9, 1.0]),
    ),
    max_size=6,
)
SOME_PAIRS = st.lists(st.tuples(ACCOUNT, ACCOUNT).filter(lambda p: p[0] != p[1]), max_size=4)


@settings(max_examples=20)
@given(SOME_KEYS, SOME_EDGES, SOME_PAIRS, SOME_PAIRS, st.integers(1, 8), st.booleans(),
       st.randoms(use_true_random=False))  # fmt: skip
def test_guards_hold_in_any_order_and_every_refusal_is_right(
    keys: list[tuple[str, str, str]],
    edges: list[tuple[str, str, str, float]],
    apart: list[tuple[str, str]],
    unlike: list[tuple[str, str]],
    most: int,
    home: bool,
    draws: Random,
) -> None:
    homes = {"b": "a", "c": "a", "d": "a"} if home else {}
    rules: dict[str, Any] = {
        "homes": homes, "apart": apart, "unlike": unlike, "max_accounts": most,
        "thresholds": {"probabilistic": 0.6},
    }  # fmt: skip
    found = _cluster(ACCOUNTS, keys, edges=edges, **rules)
    group = {account: group for group in found.groups for account in group}
    assert all(group[a] != group[b] for a, b in apart)
    assert max(map(len, found.groups)) <= most
    for (a, b, rule), why in found.edges.items():
        assert (why is None) == (group[a] == group[b]) or why is not None, (a, b, rule)
        if why == "unlinked":
            assert any({x, y} <= {*group[a], *group[b]} for x, y in apart)
        if why == "cap":
            assert group[a] == group[b] or len(group[a]) + len(group[b]) > most
    # A pair that contradicts itself is one person only if a link or one account id says so.
    declared = _cluster(
        ACCOUNTS, edges=[e for e in edges if e[2] == LINK], homes=homes, apart=apart
    )
    said = {account: group for group in declared.groups for account in group}
    held = defaultdict(set)
    for account, key, value in keys:
        held[account].add((key, value))
    for a, b in unlike:
        if group[a] == group[b]:
            linked = {frozenset({x, y}) for x, y, rule, _ in edges if rule == LINK}
            assert linked or said[a] == said[b]
    again = _cluster(
        draws.sample(ACCOUNTS, 8),
        draws.sample(keys, len(keys)),
        edges=[(b, a, *rest) for a, b, *rest in draws.sample(edges, len(edges))],
        **rules | {"apart": [(b, a) for a, b in apart]},
    )
    assert again.groups == found.groups
    assert again.rules == found.rules


@settings(max_examples=20)
@given(SOME_KEYS, SOME_EDGES)
def test_guards_that_nobody_runs_into_change_nothing(
    keys: list[tuple[str, str, str]], edges: list[tuple[str, str, str, float]]
) -> None:
    strong = [row for row in keys if row[1] in STRONG]
    plain = _cluster(ACCOUNTS, strong, edges=edges)
    # An unlink of accounts without evidence, next to a person who is built edge by edge.
    built = _cluster(ACCOUNTS, strong, edges=edges, max_accounts=len(ACCOUNTS))
    assert (built.groups, built.rules) == (plain.groups, plain.rules)
    forced = _cluster(
        [*ACCOUNTS, "z"], strong, edges=[*edges, *((a, "z", LINK, 0.1) for a in ACCOUNTS)],
        max_accounts=8, apart=[(a, "z") for a in ACCOUNTS],
    )  # fmt: skip
    assert forced.groups == plain.groups | {"z"}


def test_a_person_of_a_hundred_thousand_edges_is_not_quadratic() -> None:
    draws = Random(5)
    edges = [
        (f"a{n:06}", f"a{draws.randrange(max(n, 1)):06}", "email", 1.0) for n in range(1, 50_000)
    ]
    pairs = pl.concat([edge_frame(edges), edge_frame(edges)])
    names = pl.DataFrame({"account": [f"a{n:06}" for n in range(50_000)]})
    apart = frame("account_a account_b", [(f"a{n:06}", f"a{n + 9:06}") for n in range(0, 9000, 3)])
    started = time.monotonic()
    found = cluster_accounts(names, pairs, ClusterGuards(apart=apart, max_accounts=20_000))
    assert time.monotonic() - started < 30
    assert found.components["component"].n_unique() > 2
