"""Finds pairs of accounts that are one person, by their records."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plait.config.link_settings import LinkSettings
from plait.identity.evidence import EVIDENCE_EDGES, PROBABILISTIC
from plait.identity.probabilistic.choose_blocks import choose_blocks
from plait.identity.probabilistic.compare_pairs import RANDOM_PAIRS, PairComparer
from plait.identity.probabilistic.comparisons import Comparison, choose_comparisons
from plait.identity.probabilistic.explain_pairs import explain_pairs
from plait.identity.probabilistic.fit_model import PERSON, ChanceLevels, Model, fit_model
from plait.identity.probabilistic.make_features import make_features
from plait.identity.probabilistic.open_duckdb import open_duckdb
from plait.identity.probabilistic.report_model import report_model, unlinkable_share
from plait.identity.probabilistic.score_pairs import score_pairs
from plait.identity.probabilistic.settle_pairs import settle_pairs
from plait.progress import ProgressTask, track_progress

_STEPS = 5
_LEAST = 2.0**-12  # pairs that are less likely one person, before rare values count, are dropped


@dataclass(frozen=True)
class LinkedRecords:
    """What was found.

    Attributes:
        edges: EVIDENCE_EDGES, one row per pair from review_from on; those from the threshold on
            join people.
        model: what the model is made of, as JSON has it; see report_model.
    """

    edges: pl.DataFrame
    model: dict[str, Any]


def link_records(
    records: pl.DataFrame,
    settings: LinkSettings,
    database: Any = None,
    scratch: Path | None = None,
) -> LinkedRecords:
    """Returns the pairs of accounts that are probably one person, and the model that says so.

    Nothing is tuned by hand and no labels are used: comparisons, blocks and the model come from the
    records. The order of records does not matter, and the same records give the same pairs.

    Args:
        records: account, platform and one text column a meaning; see read_records. Not written.
        settings: the thresholds.
        database: a backend of Splink, such as spark_database returns; default: DuckDB in memory.
        scratch: the folder for rows that DuckDB spills; default: the system's temporary folder.
    """
    with track_progress("linking records", _STEPS, "steps") as progress:
        features = make_features(records)
        comparisons, left_out = choose_comparisons(features)
        blocks = choose_blocks(features, [one.name for one in comparisons])
        report = {
            "records": features.height,
            "threshold": settings.threshold,
            "review_from": settings.review_from,
            "left_out": left_out,
            "blocks": blocks.rules,
            "blocks_left_out": blocks.left_out,
        }
        progress.advance(1, f"{features.height:,} records")
        if not blocks.rules:
            progress.advance(_STEPS - 1)
            return LinkedRecords(pl.DataFrame(schema=EVIDENCE_EDGES), report)
        opened = open_duckdb(scratch) if database is None else nullcontext(database)
        with opened as backend:
            comparer = PairComparer(backend, features, blocks.frame, comparisons)
            pairs, model, compared = _compare(comparer, features, comparisons, progress)
        edges, more = _judge(pairs, features, comparisons, model, settings)
        progress.advance(1, f"{edges.height:,} pairs are alike")
    report |= {"backend": comparer.dialect, "pairs_compared": compared}
    return LinkedRecords(edges, report | report_model(model, comparisons) | more)


def _compare(
    comparer: PairComparer,
    features: pl.DataFrame,
    comparisons: list[Comparison],
    progress: ProgressTask,
) -> tuple[pl.DataFrame, Model, int]:
    """Returns the pairs that may be one person, the model, and how many pairs were compared."""
    comparer.compare()
    patterns = comparer.patterns()
    compared = int(patterns["pairs"].sum())
    progress.advance(1, f"{compared:,} pairs compared")
    chance = _chance_levels(comparer, features, comparisons)
    progress.advance()
    model = fit_model(patterns, chance, features.height)
    likely = patterns.filter(pl.Series(model.classify(patterns)[PERSON] > _LEAST))
    progress.advance(1, f"{model.iterations} iterations")
    return comparer.pairs_of(likely), model, compared


def _chance_levels(
    comparer: PairComparer, features: pl.DataFrame, comparisons: list[Comparison]
) -> ChanceLevels:
    """Returns the levels of random pairs. How often values are equal is counted, not sampled."""
    shares = comparer.chance_levels()
    pairs: dict[str, float] = {}
    for name in (one.name for one in comparisons):
        counts = features[name].drop_nulls().value_counts(name="n")["n"].to_numpy().astype(float)
        pairs[name] = float(counts.sum() * (counts.sum() - 1) / 2)
        shares[name][0] = float((counts * (counts - 1) / 2).sum() / max(pairs[name], 1.0))
    return ChanceLevels(shares, pairs, RANDOM_PAIRS)


def _judge(
    pairs: pl.DataFrame,
    features: pl.DataFrame,
    comparisons: list[Comparison],
    model: Model,
    settings: LinkSettings,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Returns EVIDENCE_EDGES of the pairs from review_from on, and what is told of all."""
    scores = score_pairs(pairs, features, model)
    held = np.clip(scores.weight, 1e-15, 1 - 1e-15)
    settled = settle_pairs(pairs, np.log2(held / (1 - held)), settings.threshold)
    weight = 1 / (1 + np.exp2(-settled))
    terms = explain_pairs(pairs, scores, settled, comparisons, model)
    edges = pairs.select(
        "account_a",
        "account_b",
        rule=pl.lit(PROBABILISTIC),
        weight=pl.Series(weight),
        since=pl.lit(None, EVIDENCE_EDGES["since"]),
        terms=terms,
    )
    edges = edges.filter(pl.col("weight") >= settings.review_from)
    return edges, {
        "pairs_linked": int((weight >= settings.threshold).sum()),
        "pairs_to_review": int((edges["weight"] < settings.threshold).sum()),
        "unlinkable_share": unlinkable_share(features, scores.people, model, settings.threshold),
    }
