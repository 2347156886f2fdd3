"""Settles contradictions: two people are not made one by a pair that all other pairs deny."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.identity.probabilistic.fit_model import Floats

_MOST_BITS = 8.0  # what one pair may say, either way
_NOT_COMPARED = -2.0  # bits of a pair that shared no block, or was clearly different


def settle_pairs(pairs: pl.DataFrame, odds: Floats, threshold: float) -> Floats:
    """Returns the log2 odds of each pair, lowered where they contradict the other pairs.

    Pairs are taken from the surest on. A pair joins the two groups that its records are in, if the
    records of one group and those of the other are on average more likely one person than not.
    Otherwise its odds become this average. So one record with few values does not join two people,
    and the components of all pairs from the threshold on are groups that agree within themselves.

    Args:
        pairs: account_a, account_b: all pairs that may be one person.
        odds: the log2 odds of each.
        threshold: the probability from which pairs join.
    """
    least = min(0.0, float(np.log2(threshold / (1 - threshold))))
    cut = np.log2(threshold / (1 - threshold))
    ends = list(zip(pairs["account_a"].to_list(), pairs["account_b"].to_list(), strict=True))
    said = dict(zip(ends, np.clip(odds, -_MOST_BITS, _MOST_BITS).tolist(), strict=True))
    joins = np.flatnonzero(odds >= cut)
    order = sorted(joins.tolist(), key=lambda at: (-odds[at], ends[at]))
    group_of: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    settled = odds.copy()
    for at in order:
        a, b = ends[at]
        one, other = group_of.get(a, a), group_of.get(b, b)
        if one == other:
            continue
        ours, theirs = members.get(one, [one]), members.get(other, [other])
        total = sum(said.get((min(x, y), max(x, y)), _NOT_COMPARED) for x in ours for y in theirs)
        mean = total / (len(ours) * len(theirs))
        if mean < least:
            settled[at] = mean
            continue
        members[one] = ours + theirs
        members.pop(other, None)
        group_of.update(dict.fromkeys(theirs, one))
        group_of[a] = one
    return settled
