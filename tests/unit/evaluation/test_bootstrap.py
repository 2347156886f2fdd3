import numpy as np
import pytest

from plait.evaluation.bootstrap import bootstrap_intervals


def test_matches_the_normal_interval_of_a_mean():
    values = np.random.default_rng(0).normal(1.0, 2.0, 2000)
    low, high = bootstrap_intervals({"x": values}, np.arange(2000))["x"]
    half = 1.96 * values.std() / np.sqrt(2000)
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)


def test_targets_of_one_person_do_not_narrow_it():
    values = np.random.default_rng(1).normal(size=200)
    alone = bootstrap_intervals({"x": values}, np.arange(200))["x"]
    copied = bootstrap_intervals({"x": np.repeat(values, 9)}, np.repeat(np.arange(200), 9))["x"]
    assert copied == pytest.approx(alone)


def test_the_same_seed_gives_the_same_interval():
    values = {"x": np.random.default_rng(2).normal(size=50)}
    assert bootstrap_intervals(values, np.arange(50)) == bootstrap_intervals(values, np.arange(50))
    assert bootstrap_intervals(values, np.arange(50), seed=1) != bootstrap_intervals(
        values, np.arange(50)
    )


def test_covers_the_truth_about_as_often_as_it_says():
    draws = np.random.default_rng(3)
    covered = 0
    for seed in range(200):
        values = draws.exponential(1.0, 100)
        low, high = bootstrap_intervals({"x": values}, np.arange(100), seed=seed, replicates=200)[
            "x"
        ]
        covered += low <= 1.0 <= high
    assert 0.86 <= covered / 200 <= 0.99
