"""Batches of people of similar length, reshuffled every epoch."""

from __future__ import annotations

import numpy as np

from plait.training.distributed.rng_streams import epoch_rng_stream

SORT_WINDOW_BATCHES = 8  # batches whose people are sorted by length together


class Sampler:
    """The batches of a run, which depend only on the step number and the seed.

    The step number is the only state. A run that resumes at step n gets the same batches as
    an uninterrupted run from step n on.

    Args:
        lengths: events of each person, [B].
        batch_size: people in a batch, over all workers.
        seed: seed of the order.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int) -> None:
        self._lengths, self._batch_size, self._seed = lengths, batch_size, seed
        self._epoch, self._batches = 0, list[np.ndarray]()
        self.steps_per_epoch = -(-int((lengths >= 2).sum()) // batch_size)

    def rows(self, step: int) -> np.ndarray:
        """Returns the people of `step`, counted from 0 over all epochs, [n]."""
        epoch = step // self.steps_per_epoch + 1
        if epoch != self._epoch:
            order = epoch_rng_stream(self._seed, epoch)
            self._batches = epoch_batches(self._lengths, self._batch_size, order)
            self._epoch = epoch
        return self._batches[step % self.steps_per_epoch]


def epoch_batches(
    lengths: np.ndarray, batch_size: int, random: np.random.Generator
) -> list[np.ndarray]:
    """Returns batches of rows that hold each person with at least two events once.

    People are shuffled, then sorted by length within windows of SORT_WINDOW_BATCHES batches.
    A step takes as long as its longest history, so people of similar length share a batch.
    The shuffle still gives each epoch other batches.

    Args:
        lengths: events of each person, [B].
        batch_size: people in a batch.
        random: generator of the order; equal generators give equal batches on every worker.
    """
    rows = random.permutation(np.flatnonzero(lengths >= 2))
    batches: list[np.ndarray] = []
    for start in range(0, len(rows), batch_size * SORT_WINDOW_BATCHES):
        window = rows[start : start + batch_size * SORT_WINDOW_BATCHES]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[i : i + batch_size] for i in range(0, len(window), batch_size)]
    return [batches[i] for i in random.permutation(len(batches))]


def sample_shared_negatives(
    items: np.ndarray, count: int, random: np.random.Generator
) -> np.ndarray:
    """Returns at most `count` distinct items, drawn uniformly and sorted, for a whole batch."""
    return np.sort(random.choice(items, min(count, len(items)), replace=False))
