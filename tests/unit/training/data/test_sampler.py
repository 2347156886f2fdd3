from __future__ import annotations

from itertools import pairwise

import numpy as np

from plait.training.data.sampler import epoch_batches, sample_shared_negatives
from plait.training.loop.training_loop import learning_rate


def test_an_epoch_covers_everybody_once_and_alike_in_length() -> None:
    random = np.random.default_rng(0)
    lengths = random.integers(0, 50, 1000)
    batches = epoch_batches(lengths, 16, random)
    rows = np.concatenate(batches)
    assert sorted(rows) == np.flatnonzero(lengths >= 2).tolist()
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    assert spread < 15  # of 48 without sorting
    again = epoch_batches(lengths, 16, random)
    assert not np.array_equal(np.concatenate(again), rows)


def test_negatives_are_different_items() -> None:
    items = np.arange(10, 60)
    drawn = sample_shared_negatives(items, 20, np.random.default_rng(0))
    assert len(set(drawn)) == 20
    assert set(drawn) <= set(items)
    assert sample_shared_negatives(items, 500, np.random.default_rng(0)).tolist() == items.tolist()


def test_the_rate_warms_up_and_falls_to_its_floor() -> None:
    rates = [learning_rate(step, 1000, 35, 0.05) for step in range(1001)]
    assert rates[0] < rates[20] < rates[34] == 1
    assert all(a >= b for a, b in pairwise(rates[35:]))
    assert abs(rates[-1] - 0.05) < 1e-9
    assert max(learning_rate(step, 5, 35, 0.05) for step in range(5)) == 1
