"""Features of a person after each event, other than the items themselves."""

from __future__ import annotations

import numpy as np

from plait.features.history import History
from plait.features.time_features import DAY


def profile_width(platforms: int, types: int) -> int:
    """Returns the number of columns of `profile_features`."""
    return platforms + types + 3


def profile_features(history: History, platforms: int, types: int) -> np.ndarray:
    """Returns the profile of each event's person after that event, float32 [N, profile_width].

    Columns: share of each platform, share of each event type, log of the number of events,
    log of the days covered, and whether times are known. Later events do not count.
    """
    events = len(history.item)
    marks = np.zeros((events, platforms + types), np.float32)
    marks[np.arange(events), history.platform] = 1
    marks[np.arange(events), platforms + history.type] = 1
    seen = (history.positions + 1).astype(np.float32)[:, None]
    start = np.repeat(history.offsets[:-1], history.lengths)
    timed = (history.time >= 0) & (history.time[start] >= 0) if events else np.zeros(0, bool)
    days = np.where(timed, (history.time - history.time[start]) / DAY, 0)
    return np.concatenate(
        [
            running_sum(history, marks) / seen,
            np.log2(seen) / 4,
            np.log2(1 + np.maximum(days, 0))[:, None] / 8,
            timed[:, None],
        ],
        axis=1,
    ).astype(np.float32)


def price_features(history: History, price: np.ndarray) -> np.ndarray:
    """Returns the mean price rank so far, the last one, and the share with a price, float32 [N, 3].

    Args:
        history: events in order.
        price: price rank of every vocabulary index, 0 to 1, -1 where missing; [items].
    """
    rank = price[history.item]
    known = rank >= 0
    sums = running_sum(history, np.stack([np.where(known, rank, 0), known], axis=1))
    seen = (history.positions + 1).astype(np.float32)
    mean = np.where(sums[:, 1] > 0, sums[:, 0] / np.maximum(sums[:, 1], 1), 0.5)
    last = np.where(known, rank, mean)
    return np.stack([mean, last, sums[:, 1] / seen], axis=1).astype(np.float32)


def running_sum(history: History, values: np.ndarray) -> np.ndarray:
    """Returns the sum of `values` [N, F] over each person's events so far; float64 [N, F]."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0, np.float64)])
    sums: np.ndarray = total[1:] - np.repeat(total[history.offsets[:-1]], history.lengths, axis=0)
    return sums
