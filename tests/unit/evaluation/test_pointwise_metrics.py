import numpy as np
import pytest
from sklearn.metrics import f1_score

from plait.evaluation.pointwise_metrics import (
    LabelledPairs,
    best_f1_threshold,
    compute_pointwise_metrics,
    fit_calibration,
)


def judged(seed: int, positives: int = 2000, apart: float = 2.0) -> LabelledPairs:
    draws = np.random.default_rng(seed)
    truth = np.arange(positives * 5) % 5 == 0
    return LabelledPairs(draws.normal(apart * truth), truth, np.arange(positives * 5) // 5)


def test_probabilities_are_calibrated():
    calibration = fit_calibration(judged(0))
    assert calibration is not None
    test = judged(1)
    probability = calibration.probability(test.feature)
    for low in np.arange(0, 1, 0.2):
        bin_ = (probability >= low) & (probability < low + 0.2)
        assert probability[bin_].mean() == pytest.approx(test.truth[bin_].mean(), abs=0.05)


def test_figures_of_separable_and_of_useless_scores():
    sharp = compute_pointwise_metrics(fit_calibration(judged(0, apart=20.0)), judged(1, apart=20.0))
    assert sharp["accuracy"] == sharp["recall"] == sharp["f1"] == sharp["auc"] == 1.0
    blind = compute_pointwise_metrics(fit_calibration(judged(0, apart=0.0)), judged(1, apart=0.0))
    assert blind["auc"] == pytest.approx(0.5, abs=0.02)
    assert blind["accuracy_all_negative"] == pytest.approx(0.8)


def test_threshold_has_the_best_f1():
    draws = np.random.default_rng(2)
    probability, truth = draws.integers(0, 20, 300) / 20, draws.random(300) < 0.3
    found = f1_score(truth, probability >= best_f1_threshold(probability, truth))
    best = max(f1_score(truth, probability >= t) for t in np.unique(probability))
    assert found == pytest.approx(best)


def test_too_little_to_fit():
    assert fit_calibration(judged(0, positives=5)) is None
