"""Explains the weight of pairs: the terms that add up to it."""

from __future__ import annotations

import numpy as np
import polars as pl

from plait.identity.evidence import EVIDENCE_TERMS
from plait.identity.probabilistic.comparisons import Comparison
from plait.identity.probabilistic.fit_model import PERSON, Floats, Model
from plait.identity.probabilistic.score_pairs import Scores, sum_bits

PRIOR, CLUSTER = "prior", "cluster"
MISSING = "missing"


def explain_pairs(
    pairs: pl.DataFrame,
    scores: Scores,
    settled: Floats,
    comparisons: list[Comparison],
    model: Model,
) -> pl.Series:
    """Returns EVIDENCE_TERMS of each pair, whose bits add up to the log2 odds of its weight.

    The terms are the prior, each comparison that is not missing, what a household or a town
    explains as well (negative), and what the other pairs of the cluster deny. They name levels, no
    values.

    Args:
        pairs: a level column a comparison.
        scores: the scores of `pairs`.
        settled: the log2 odds of each pair in the end.
        comparisons: how records are compared.
        model: the chances of levels.
    """
    height = pairs.height
    prior = float(np.log2(model.shares[PERSON] / model.strangers))
    terms = [_term(PRIOR, pl.repeat("all_pairs", height, eager=True), np.full(height, prior))]
    total = np.full(height, prior)
    for comparison in comparisons:
        bits = scores.bits[PERSON][comparison.name]
        labels = [*reversed(comparison.labels), None]  # the last is missing
        words = pl.Series(labels, dtype=pl.String).gather(pairs[comparison.name] % len(labels))
        terms.append(_term(comparison.name, words, bits))
        total += bits
    explained = np.ones(height)
    for group, bits in sum_bits(scores.bits, height).items():
        if group != PERSON:
            more = explained + model.shares[group] / model.strangers * np.exp2(bits)
            loss = np.log2(explained / more)
            terms.append(_term(group, _where(loss < -0.005, "shared"), loss))
            explained, total = more, total + loss
    denied = settled - total
    terms.append(_term(CLUSTER, _where(denied < -0.005, "contradicted"), denied))
    listed = pl.DataFrame(terms).select(pl.concat_list(pl.all()).alias("terms"))["terms"]
    return listed.list.eval(
        pl.element().filter(pl.element().struct.field("level").is_not_null())
    ).cast(EVIDENCE_TERMS)


def _where(holds: np.ndarray, word: str) -> pl.Series:
    return pl.select(pl.when(pl.Series(holds)).then(pl.lit(word))).to_series()


def _term(name: str, levels: pl.Series, bits: Floats) -> pl.Series:
    frame = pl.DataFrame({"level": levels, "bits": bits}).with_columns(term=pl.lit(name))
    return frame.select(pl.struct("term", "level", "bits").alias(name)).to_series()
