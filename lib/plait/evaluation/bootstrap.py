"""Bootstrap confidence intervals of means and of paired differences (Efron, 1979)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
CONFIDENCE_LEVEL = 0.95


def bootstrap_intervals(
    values: Mapping[str, npt.NDArray[np.float64]],
    people: npt.NDArray[np.int64],
    *,
    seed: int = 0,
    replicates: int = RESAMPLES,
) -> dict[str, tuple[float, float]]:
    """Returns the 95 % percentile interval (low, high) of each mean; NaN without targets.

    People are resampled, not targets, because the targets of one person are not independent.
    If each person has one target (leave-one-out), the two are the same.

    Args:
        values: one or more series over the same M targets, [M] each. For a paired difference,
            give the series of differences.
        people: the person of each target, as any integers, [M].
        seed: seed of the resampling.
        replicates: the number of resamples.
    """
    names = list(values)
    if not names or not len(people):
        return {name: (float("nan"), float("nan")) for name in names}
    _, person = np.unique(people, return_inverse=True)
    count = int(person.max()) + 1
    columns = [np.bincount(person, values[name], minlength=count) for name in names]
    sums = np.stack([*columns, np.bincount(person, minlength=count).astype(np.float64)])
    draws = np.random.default_rng(seed)
    means = np.empty((replicates, len(names)))
    for i in range(replicates):
        drawn = np.bincount(draws.integers(0, count, count), minlength=count)
        totals = sums @ drawn
        means[i] = totals[:-1] / totals[-1]
    tail = 50.0 * (1.0 - CONFIDENCE_LEVEL)
    low, high = np.percentile(means, [tail, 100.0 - tail], axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(names)}
