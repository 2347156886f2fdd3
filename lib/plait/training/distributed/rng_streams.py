"""RNG streams, keyed by the seed and the epoch or the step.

No generator state is saved. The draws of any step can be repeated on any worker and after any
restart.
"""

from __future__ import annotations

import numpy as np
import torch

NEGATIVES, ITEM_DROPOUT, DROPOUT = 1, 2, 3


def epoch_rng_stream(seed: int, epoch: int) -> np.random.Generator:
    """Returns the RNG stream of an epoch's batches, the same on every worker."""
    return np.random.default_rng([seed, epoch])


def step_rng_stream(seed: int, step: int, purpose: int) -> np.random.Generator:
    """Returns a step's RNG stream, the same on every worker.

    Args:
        seed: the run's seed.
        step: the step's number.
        purpose: NEGATIVES or ITEM_DROPOUT.
    """
    return np.random.default_rng([seed, step, purpose])


def seed_weights(seed: int) -> None:
    """Seeds torch for the initial weights, the same on every worker."""
    torch.manual_seed(seed)


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Seeds torch for the dropout of one step; masks differ between workers."""
    word = np.random.SeedSequence([seed, step, DROPOUT, rank]).generate_state(1, np.uint64)[0]
    torch.manual_seed(int(word >> np.uint64(1)))
