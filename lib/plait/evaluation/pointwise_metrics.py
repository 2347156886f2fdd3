"""Scores read as probabilities: a binary prediction per item, with four negatives per positive.

The feature of a score is its log-softmax over the platform's items, because an offset common to
all of a person's scores says nothing about one item. A logistic curve (Platt, 1999) turns the
feature into a probability. The curve and the threshold come from validation targets, the figures
from test targets.
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
    """Labelled (person, item) pairs.

    Attributes:
        feature: log-softmax of each pair's score, [P].
        truth: whether the pair is a positive, [P].
        target: row of the target that the pair belongs to, [P].

    Raises:
        NotFinite: a feature is a NaN or infinite.
    """

    feature: Floats
    truth: npt.NDArray[np.bool_]
    target: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Checks that every feature is finite."""
        if not np.isfinite(self.feature).all():
            raise NotFinite(
                "scores that are NaN or infinite cannot be read as probabilities.",
                fix="Train again with a smaller train.learning_rate.",
            )


@dataclass(frozen=True)
class Calibration:
    """A logistic curve, and the threshold from which its probability predicts a positive."""

    slope: float
    intercept: float
    threshold: float

    def probability(self, feature: Floats) -> Floats:
        """Returns the calibrated probability of each feature, [P]."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * feature + self.intercept))))


def fit_calibration(judged: LabelledPairs) -> Calibration | None:
    """Returns the curve fitted on `judged`, with the threshold of the best F1 on it.

    Returns None if there are fewer than 10 positives or fewer than 10 negatives.
    """
    positives = int(judged.truth.sum())
    if min(positives, len(judged.truth) - positives) < _MIN_PAIRS:
        return None
    curve = LogisticRegression(C=1e6).fit(judged.feature[:, None], judged.truth)
    fitted = Calibration(float(curve.coef_[0, 0]), float(curve.intercept_[0]), 0.5)
    probability = fitted.probability(judged.feature)
    return Calibration(fitted.slope, fitted.intercept, best_f1_threshold(probability, judged.truth))


def best_f1_threshold(probability: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Returns the probability threshold with the highest F1.

    It lies halfway between the last predicted positive and the first predicted negative.
    """
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(truth[order])
    f1 = 2.0 * right / (np.arange(1, len(order) + 1) + truth.sum())
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    best = int(ends[np.argmax(f1[ends])])
    sides = probability[order][best : best + 2]
    return float(sides.mean() if len(sides) == 2 else sides[0])


def compute_pointwise_metrics(calibration: Calibration, judged: LabelledPairs) -> dict[str, float]:
    """Returns accuracy, precision, recall, F1, AUC, the threshold and the number of pairs.

    `accuracy_all_negative` is the accuracy of predicting a negative for every pair.
    """
    probability = calibration.probability(judged.feature)
    truth, predicted = judged.truth, probability >= calibration.threshold
    right = int((predicted & truth).sum())
    return {
        "accuracy": float((predicted == truth).mean()),
        "accuracy_all_negative": float(1.0 - truth.mean()),
        "precision": right / max(int(predicted.sum()), 1),
        "recall": right / max(int(truth.sum()), 1),
        "f1": 2.0 * right / max(int(predicted.sum() + truth.sum()), 1),
        "auc": float(roc_auc_score(truth, probability)),
        "threshold": calibration.threshold,
        "pairs": len(truth),
    }
