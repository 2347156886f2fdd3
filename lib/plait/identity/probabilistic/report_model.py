"""Tells what a linked model is made of, for the version of the store."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from plait.identity.probabilistic.comparisons import Comparison
from plait.identity.probabilistic.fit_model import PERSON, Model
from plait.identity.probabilistic.score_pairs import pair_bits, sum_bits


def report_model(model: Model, comparisons: list[Comparison]) -> dict[str, Any]:
    """Returns the chances of each level, and the share of all pairs of each class; no values.

    Chances are `m` (one person), `u` (strangers) and those of the other classes, by their names.
    """
    told: dict[str, Any] = {}
    for comparison in comparisons:
        name, labels = comparison.name, comparison.labels
        told[name] = [
            {
                "level": label,
                "u": float(model.chance[name][number]),
                "bits": float(model.bits(PERSON, name)[number]),
            }
            | {
                "m" if group == PERSON else group: float(columns[name][number])
                for group, columns in model.classes.items()
                if name in columns
            }
            for number, label in zip(range(len(labels) - 1, -1, -1), labels, strict=True)
        ]
    return {"comparisons": told, "shares": dict(model.shares), "iterations": model.iterations}


def unlinkable_share(
    features: pl.DataFrame, people: pl.Series, model: Model, threshold: float
) -> float:
    """Returns the share of records that say too little to be linked even to an exact copy.

    Args:
        features: the columns that are compared.
        people: the person of each record.
        model: the chances of levels.
        threshold: the probability from which pairs join.
    """
    best = {
        name: pl.when(pl.col(name).is_null()).then(-1).otherwise(len(chance) - 1)
        for name, chance in model.chance.items()
    }
    levels = features.select(level.cast(pl.Int8).alias(name) for name, level in best.items())
    bits = pair_bits(levels, np.arange(features.height), features, people, model)
    weight = model.weigh(sum_bits(bits, features.height))[PERSON]
    return float((weight < threshold).mean())
