"""Scores read as probabilities: yes or no about one item, four negatives a positive.

A score's feature is its log-softmax over the platform's items: what a person's scores share says
nothing about one item. A logistic curve (Platt, 1999) turns it into a probability; curve and
threshold come from validation targets, the figures from test targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from plait.errors import NotFinite

NEGATIVES_PER_POSITIVE = 4
_MIN_PAIRS = 10  # positives and negatives needed to fit two parameters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelledPairs:
    """Features of judged pairs, [P]; their truth, [P]; the target each belongs to, [P].

    Raises:
        NotFinite: a feature is a NaN or infinite.
    """

    feature: Floats
    truth: npt.NDArray[np.bool_]
    target: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuses what no curve can be fitted on."""
        if not np.isfinite(self.feature).all():
            raise NotFinite(
                "scores that are not numbers cannot be read as probabilities.",
                fix="Train again with a smaller train.learning_rate.",
            )


@dataclass(frozen=True)
class Calibration:
    """A logistic curve and the probability from which the answer is yes."""

    slope: float
    intercept: float
    threshold: float

    def probability(self, feature: Floats) -> Floats:
        """Returns the calibrated probability of each feature, [P]."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * feature + self.intercept))))


def fit_calibration(judged: LabelledPairs) -> Calibration | None:
    """Returns the curve fitted on `judged` and the threshold of the best F1 on it.

    Returns None where there is too little to fit.
    """
    positives = int(judged.truth.sum())
    if min(positives, len(judged.truth) - positives) < _MIN_PAIRS:
        return None
    curve = LogisticRegression(C=1e6).fit(judged.feature[:, None], judged.truth)
    fitted = Calibration(float(curve.coef_[0, 0]), float(curve.intercept_[0]), 0.5)
    probability = fitted.probability(judged.feature)
    return Calibration(fitted.slope, fitted.intercept, best_f1_threshold(probability, judged.truth))


def best_f1_threshold(probability: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Returns the probability from which "yes" gives the highest F1.

    It lies halfway between the last yes and the first no.
    """
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(truth[order])
    f1 = 2.0 * right / (np.arange(1, len(order) + 1) + truth.sum())
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    best = int(ends[np.argmax(f1[ends])])
    sides = probability[order][best : best + 2]
    return float(sides.mean() if len(sides) == 2 else sides[0])


def compute_pointwise_metrics(calibration: Calibration, judged: LabelledPairs) -> dict[str, float]:
    """Returns accuracy (beside that of "always no"), precision, recall, F1 and AUC."""
    probability = calibration.probability(judged.feature)
    truth, said = judged.truth, probability >= calibration.threshold
    right = int((said & truth).sum())
    return {
        "accuracy": float((said == truth).mean()),
        "accuracy_all_negative": float(1.0 - truth.mean()),
        "precision": right / max(int(said.sum()), 1),
        "recall": right / max(int(truth.sum()), 1),
        "f1": 2.0 * right / max(int(said.sum() + truth.sum()), 1),
        "auc": float(roc_auc_score(truth, probability)),
        "threshold": calibration.threshold,
        "pairs": len(truth),
    }
