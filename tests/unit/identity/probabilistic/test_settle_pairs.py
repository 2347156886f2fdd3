"""A pair does not join two groups of records whose other pairs deny it."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.identity.probabilistic.settle_pairs import settle_pairs


def _settle(odds: dict[str, float]) -> dict[str, float]:
    pairs = pl.DataFrame({"account_a": [p[0] for p in odds], "account_b": [p[1] for p in odds]})
    settled = settle_pairs(pairs, np.array(list(odds.values())), 0.8)
    return dict(zip(odds, settled.tolist(), strict=True))


def test_a_pair_that_the_others_deny_becomes_their_average() -> None:
    said = {"ab": 9.0, "cd": 9.0, "bc": 3.0, "ac": -8.0, "ad": -8.0, "bd": -8.0}
    assert _settle(said) == {**said, "bc": (3 - 8 * 3) / 4}


def test_pairs_that_agree_stay_and_missing_ones_count_little() -> None:
    said = {"ab": 9.0, "cd": 9.0, "bc": 7.0, "ac": 4.0}  # ad and bd were not compared
    assert _settle(said) == said
