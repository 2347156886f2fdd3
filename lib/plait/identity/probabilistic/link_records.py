"""Finds pairs of records that are one person, by Splink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from plait.identity.probabilistic.choose_blocks import choose_blocks
from plait.identity.probabilistic.compare_pairs import RANDOM_PAIRS, PairComparer
from plait.identity.probabilistic.comparisons import choose_comparisons
from plait.identity.probabilistic.fit_model import ChanceLevels, fit_model
from plait.identity.probabilistic.make_features import make_features
from plait.identity.probabilistic.open_duckdb import open_duckdb
from plait.identity.probabilistic.score_pairs import score_pairs


@dataclass(frozen=True)
class LinkedRecords:
    edges: pl.DataFrame
    model: dict[str, Any]
    debug: Any = None


def link_records(records: pl.DataFrame, review_from=0.2) -> LinkedRecords:
    import time
    t0 = time.time()
    def lap(what):
        if VERBOSE: print(f"{time.time()-t0:6.1f} {what}")
    features = make_features(records)
    comparisons, left_out = choose_comparisons(features)
    lap(f"features {left_out}")
    used = [c.name for c in comparisons]
    blocks = choose_blocks(features, used)
    lap(f"blocks {[(r['keys'], r['pairs'], r['blocks_dropped']) for r in blocks.rules]} dropped {len(blocks.dropped)}")
    with open_duckdb() as database:
        comparer = PairComparer(database, features, blocks.frame, comparisons, 0)
        comparer.compare()
        lap('compare')
        shares = comparer.chance_levels()
        lap("u")
        patterns = comparer.patterns()
        lap(f"patterns {patterns.height} pairs {patterns['pairs'].sum()}")
        known = {n: features[n].drop_nulls().len() for n in used}
        for n in used:
            k = features[n].drop_nulls().value_counts(name="k")["k"].cast(pl.Float64)
            exact = float((k * (k - 1)).sum() / max(known[n] * (known[n] - 1), 1))
            shares[n] = [exact, *shares[n][1:]]
        chance = ChanceLevels(shares, {n: known[n] * (known[n] - 1) / 2 for n in used}, RANDOM_PAIRS)
        model = fit_model(patterns, chance, features.height)
        lap(f"em {model.iterations} { {k:v*features.height**2/2 for k,v in model.shares.items()} }")
        if VERBOSE:
            for n in used: print(n, model.chance[n].round(6), *[f'{g} {c[n].round(4)}' for g,c in model.classes.items() if n in c])
        one = model.classify(patterns)["person"]
        pairs = comparer.pairs_of(patterns.filter(one > 2**-12))
        lap(f"candidates {pairs.height}")
    scores = score_pairs(pairs, features, comparisons, model)
    lap(f"scored {scores.prior} people {scores.people}")
    edges = scores.pairs.filter(pl.col("weight") >= review_from)
    return LinkedRecords(edges, {}, (features, comparisons, model, scores))

VERBOSE = False
