"""The steps of a waterfall lead from 0 bits to the odds of the weight."""

from __future__ import annotations

import pytest

from plait.identity.why.explanation import Evidence, Term
from plait.identity.why.waterfall import odds_bits, waterfall


def _edge(weight: float, *terms: tuple[str, float]) -> Evidence:
    made = tuple(Term(name, "exact", bits) for name, bits in terms)
    return Evidence("a", "b", "probabilistic", weight, terms=made)


def test_a_prior_that_the_terms_do_not_name_is_what_they_leave() -> None:
    steps = waterfall(_edge(0.5, ("surname", 7.0), ("city", -2.0)))
    assert [(s.term, s.bits, s.end) for s in steps] == [
        ("prior", -5.0, -5.0), ("surname", 7.0, 2.0), ("city", -2.0, 0.0),
    ]  # fmt: skip


def test_the_prior_comes_first_and_a_rest_last() -> None:
    steps = waterfall(_edge(0.8, ("surname", 7.0), ("prior", -4.0)))
    assert [s.term for s in steps] == ["prior", "surname", "other"]
    assert steps[-1].end == pytest.approx(2.0) == odds_bits(0.8)


def test_each_step_starts_where_the_one_before_ends() -> None:
    steps = waterfall(_edge(0.99, ("a", 3.0), ("b", -1.0), ("c", 4.5)))
    assert [s.start for s in steps] == [0.0, *(s.end for s in steps[:-1])]
    assert steps[-1].end == pytest.approx(odds_bits(0.99))


def test_a_declared_edge_has_no_steps() -> None:
    assert waterfall(_edge(1.0)) == []


@pytest.mark.parametrize(("weight", "bits"), [(0.0, -60.0), (1.0, 60.0), (0.5, 0.0), (0.75, 1.585)])
def test_the_bits_of_a_probability(weight: float, bits: float) -> None:
    assert odds_bits(weight) == pytest.approx(bits, abs=1e-3)
