"""From answers to the figures of a report: means, intervals, slices, differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from plait.evaluation.bootstrap import intervals
from plait.evaluation.metrics import CUTOFFS, Floats, ranking, top_as_positives
from plait.evaluation.pointwise import calibrate, judge
from plait.evaluation.rank_targets import Answers
from plait.evaluation.ranking_targets import Questions

TOP = CUTOFFS[-1]


def measure(
    questions: Questions,
    answers: Answers,
    validation: Answers | None,
    trained: npt.NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    """Returns every figure of one scorer on one platform.

    Args:
        questions: the test targets.
        answers: to them.
        validation: answers that calibrate probabilities; None leaves those figures out.
        trained: which vocabulary indices have an event in training, [len(vocabulary)].
        seed: of the bootstrap.
    """
    values = {
        **ranking(answers.ranks),
        **top_as_positives(answers.ranks, answers.candidates, TOP),
    }
    figures: dict[str, Any] = {
        "n": len(questions),
        "candidates": float(answers.candidates.mean()),
        "accuracy_all_negative": float((1.0 - 1.0 / answers.candidates).mean()),
        **summary(values, questions.person, seed),
    }
    calibration = calibrate(validation.judged) if validation else None
    if calibration:
        figures["pointwise"] = judge(calibration, answers.judged)
    several = platforms_known(questions) >= 2
    slices = {"one_platform": ~several, "several_platforms": several}
    slices |= {"new_item": ~trained[questions.item], "known_item": trained[questions.item]}
    figures["slices"] = {
        name: {
            "n": int(where.sum()),
            **summary(ranking(answers.ranks[where]), questions.person[where], seed),
        }
        for name, where in slices.items()
        if where.any() and not where.all()
    }
    return figures


def difference(questions: Questions, ours: Answers, theirs: Answers, seed: int) -> dict[str, Any]:
    """Returns the mean paired difference of each ranking metric, ours minus theirs."""
    mine, other = ranking(ours.ranks), ranking(theirs.ranks)
    paired = {name: mine[name] - other[name] for name in mine}
    return {"n": len(questions), **summary(paired, questions.person, seed)}


def summary(
    values: dict[str, Floats], people: npt.NDArray[np.int64], seed: int
) -> dict[str, float | list[float]]:
    """Returns `name` (mean) and `name_ci` (95 % interval) of each series."""
    bounds = intervals(values, people, seed=seed)
    flat: dict[str, float | list[float]] = {}
    for name, series in values.items():
        flat[name] = float(series.mean())
        flat[f"{name}_ci"] = list(bounds[name])
    return flat


def platforms_known(questions: Questions) -> npt.NDArray[np.int64]:
    """Returns on how many platforms each target's history lies, [M]."""
    history = questions.history
    pairs = np.unique(history.rows * (1 << 15) + history.platform)
    return np.bincount(pairs >> 15, minlength=len(history))
