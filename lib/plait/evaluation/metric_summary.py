"""The figures of a report from the ranks: means, intervals, slices, differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from plait.evaluation.bootstrap import bootstrap_intervals
from plait.evaluation.evaluation_targets import EvaluationTargets
from plait.evaluation.pointwise_metrics import compute_pointwise_metrics, fit_calibration
from plait.evaluation.rank_targets import TargetRanks
from plait.evaluation.ranking_metrics import (
    CUTOFFS,
    Floats,
    compute_ranking_metrics,
    confusion_at_k,
)

TOP_K = CUTOFFS[-1]


def summarize_metrics(
    targets: EvaluationTargets,
    results: TargetRanks,
    validation: TargetRanks | None,
    trained: npt.NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    """Returns every figure of one scorer on one platform.

    Args:
        targets: the test targets.
        results: the scorer's ranks of them.
        validation: the scorer's ranks of the validation targets, which calibrate
            probabilities; None leaves those figures out.
        trained: which vocabulary indices have an event in training, [len(vocabulary)].
        seed: seed of the bootstrap.
    """
    values = {
        **compute_ranking_metrics(results.ranks),
        **confusion_at_k(results.ranks, results.candidates, TOP_K),
    }
    figures: dict[str, Any] = {
        "n": len(targets),
        "candidates": float(results.candidates.mean()),
        "accuracy_all_negative": float((1.0 - 1.0 / results.candidates).mean()),
        **means_with_intervals(values, targets.person, seed),
    }
    calibration = fit_calibration(validation.pairs) if validation else None
    if calibration:
        figures["pointwise"] = compute_pointwise_metrics(calibration, results.pairs)
    several = count_platforms(targets) >= 2
    slices = {"one_platform": ~several, "several_platforms": several}
    slices |= {"new_item": ~trained[targets.item], "known_item": trained[targets.item]}
    figures["slices"] = {
        name: {
            "n": int(where.sum()),
            **means_with_intervals(
                compute_ranking_metrics(results.ranks[where]), targets.person[where], seed
            ),
        }
        for name, where in slices.items()
        if where.any() and not where.all()
    }
    return figures


def paired_difference(
    targets: EvaluationTargets, ours: TargetRanks, theirs: TargetRanks, seed: int
) -> dict[str, Any]:
    """Returns the mean paired difference of each ranking metric, ours minus theirs."""
    mine, other = compute_ranking_metrics(ours.ranks), compute_ranking_metrics(theirs.ranks)
    paired = {name: mine[name] - other[name] for name in mine}
    return {"n": len(targets), **means_with_intervals(paired, targets.person, seed)}


def means_with_intervals(
    values: dict[str, Floats], people: npt.NDArray[np.int64], seed: int
) -> dict[str, float | list[float]]:
    """Returns `name` (mean) and `name_ci` (95 % interval) of each series, [M] each."""
    bounds = bootstrap_intervals(values, people, seed=seed)
    flat: dict[str, float | list[float]] = {}
    for name, series in values.items():
        flat[name] = float(series.mean())
        flat[f"{name}_ci"] = list(bounds[name])
    return flat


def count_platforms(targets: EvaluationTargets) -> npt.NDArray[np.int64]:
    """Returns the number of platforms in each target's history, [M]."""
    history = targets.history
    pairs = np.unique(history.rows * (1 << 15) + history.platform)
    return np.bincount(pairs >> 15, minlength=len(history))
