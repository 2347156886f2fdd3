"""Turns the terms of an edge into the steps of a waterfall in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from plait.identity.why.explanation import Evidence

PRIOR, OTHER = "prior", "other"
_SURE_BITS = 60.0  # a weight of 1 has infinitely many bits
_MIN_REST = 0.05  # bits; less is rounding


@dataclass(frozen=True)
class Step:
    """One step: its term and level, its bits, and the sum of bits before and after it."""

    term: str
    level: str
    bits: float
    start: float
    end: float


def waterfall(edge: Evidence) -> list[Step]:
    """Returns the steps from 0 bits to the log2 odds of the edge's weight; empty if declared.

    The first step is the prior: the odds of two accounts before anything is compared. If the
    terms do not name it, it is what they leave of the total.
    """
    if not edge.terms:
        return []
    terms = [(each.term, each.level, each.bits) for each in edge.terms]
    rest = odds_bits(edge.weight) - sum(bits for *_, bits in terms)
    named = [entry for entry in terms if entry[0] == PRIOR]
    if not named:
        terms = [(PRIOR, "", rest), *terms]
    else:
        terms = [*named, *(entry for entry in terms if entry[0] != PRIOR)]
        if abs(rest) > _MIN_REST and edge.weight not in (0.0, 1.0):
            terms.append((OTHER, "", rest))
    steps: list[Step] = []
    total = 0.0
    for term, level, bits in terms:
        steps.append(Step(term, level, bits, total, total + bits))
        total += bits
    return steps


def odds_bits(weight: float) -> float:
    """Returns the log2 odds of a probability, within 60 bits."""
    if weight <= 0:
        return -_SURE_BITS
    if weight >= 1:
        return _SURE_BITS
    return min(max(math.log2(weight / (1 - weight)), -_SURE_BITS), _SURE_BITS)
