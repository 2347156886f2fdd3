"""The chain whose weakest edge is the strongest."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from plait.identity.why.evidence_path import strongest_chain
from plait.identity.why.explanation import Evidence


def _edges(*rows: tuple[str, str, float]) -> list[Evidence]:
    return [Evidence(a, b, "email", weight) for a, b, weight in rows]


def test_a_longer_chain_of_strong_edges_beats_one_weak_edge() -> None:
    chain = strongest_chain(_edges(("a", "b", 0.5), ("a", "c", 0.9), ("b", "c", 0.8)), "a", "b")
    assert [(e.account_a, e.account_b, e.weight) for e in chain] == [
        ("a", "c", 0.9),
        ("c", "b", 0.8),
    ]


def test_of_equally_strong_chains_the_shortest_is_shown() -> None:
    edges = _edges(("a", "c", 1.0), ("c", "b", 0.8), ("a", "b", 0.8))
    assert len(strongest_chain(edges, "a", "b")) == 1


def test_a_direct_edge_that_is_hardly_weaker_is_shown() -> None:
    chains = {
        weight: strongest_chain(
            _edges(("a", "c", 0.99), ("c", "b", 0.98), ("a", "b", weight)), "a", "b"
        )
        for weight in (0.975, 0.965)
    }
    assert [len(chain) for chain in chains.values()] == [1, 2]


def test_of_parallel_edges_the_strongest_is_shown() -> None:
    chain = strongest_chain(_edges(("b", "a", 0.8), ("a", "b", 0.9)), "a", "b")
    assert [e.weight for e in chain] == [0.9]


@pytest.mark.parametrize(("one", "two"), [("a", "a"), ("a", "d")])
def test_no_chain_joins_an_account_with_itself_or_with_another_component(
    one: str, two: str
) -> None:
    assert strongest_chain(_edges(("a", "b", 1.0), ("c", "d", 1.0)), one, two) == ()


def test_no_other_chain_has_a_stronger_weakest_edge() -> None:
    """Compared with all simple paths of random graphs."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        weights = {
            (a, b): float(rng.integers(1, 6)) / 5
            for a in range(6)
            for b in range(a)
            if rng.random() < 0.5
        }
        edges = [Evidence(str(a), str(b), "k", w) for (a, b), w in weights.items()]
        best = max(
            (
                (min(each), -len(each))
                for n in range(5)
                for middle in permutations(range(1, 5), n)
                for steps in [list(pairwise([0, *middle, 5]))]
                for each in [[weights.get((max(s), min(s)), 0.0) for s in steps]]
                if all(each)
            ),
            default=None,
        )
        chain = strongest_chain(edges, "0", "5")
        found = (min(e.weight for e in chain), -len(chain)) if chain else None
        assert found == best
