"""Time features of a model: gaps between events, calendar quarters, bins of equal activity."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from plait.features.history import History

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000  # microseconds
# 0: unknown gap; 1: the same time (the same day in a log with dates only); above: log2 of seconds.
GAP_BUCKETS = 32


def to_microseconds(moment: datetime | None) -> int:
    """Returns `moment`, which must have a time zone, in UTC microseconds; default: the present."""
    if moment is None:
        return time.time_ns() // 1_000
    return int((moment - EPOCH) / timedelta(microseconds=1))


def gap_buckets(time: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Returns the bucket of the time since the previous event, 0 if either is unknown; int64 [N].

    Args:
        time: UTC microseconds, -1 unknown; events of one sequence are contiguous; [N].
        first: whether an event is its sequence's first; bool [N].
    """
    bucket = np.zeros(len(time), np.int64)
    if len(time) < 2:
        return bucket
    known = ~first[1:] & (time[1:] >= 0) & (time[:-1] >= 0)
    seconds = np.maximum(time[1:] - time[:-1], 0) / 1e6
    log = 2 + np.floor(np.log2(np.maximum(seconds, 1))).astype(np.int64)
    bucket[1:] = np.where(known, np.where(seconds < 1, 1, np.minimum(log, GAP_BUCKETS - 1)), 0)
    return bucket


def calendar_quarters(time: np.ndarray) -> np.ndarray:
    """Returns the calendar quarter counted from 1970, -1 where the time is unknown; int64 [N]."""
    months = time.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    return np.where(time >= 0, months // 3, -1)


@dataclass(frozen=True, eq=False)
class Timeline:
    """Cumulative event counts of every item over time, in bins of equally many events.

    The counts at a time are those before its bin began, so they never include later events.
    Without times there is one bin with all events.

    Attributes:
        edges: start of bins 0..Q-1, UTC microseconds, int64 [Q]. The last bin begins after the
            last event.
        counts: an item's positive events before each bin, int32 [items, Q].
        first: an item's first event or publication, microseconds, -1 unknown; int64 [items].
    """

    edges: np.ndarray
    counts: np.ndarray
    first: np.ndarray

    @classmethod
    def build(
        cls, history: History, items: int, published: np.ndarray | None = None, bins: int = 32
    ) -> Timeline:
        """Returns the timeline of `history`; `published` [items] in microseconds, -1 unknown."""
        liked = history.strength > 0
        item, time = history.item[liked], history.time[liked]
        timed = time[time >= 0]
        first = np.full(items, np.iinfo(np.int64).max)
        np.minimum.at(first, item[time >= 0], timed)
        if published is not None:
            known = published >= 0
            first[known] = np.minimum(first[known], published[known])
        first[first == np.iinfo(np.int64).max] = -1
        if not len(timed):
            counts = np.bincount(item, minlength=items).astype(np.int32)[:, None]
            return cls(np.zeros(1, np.int64), counts, first)
        parts = np.quantile(timed, np.arange(bins - 1) / (bins - 1), method="lower")
        edges = np.unique(np.concatenate([parts, [timed.max() + 1]])).astype(np.int64)
        timeless = np.bincount(item[time < 0], minlength=items)
        grid = np.zeros((items, len(edges)), np.int32)
        # An event in [edges[q], edges[q + 1]) is known from bin q + 1 on.
        place = np.searchsorted(edges, timed, side="right")
        np.add.at(grid, (item[time >= 0], place), 1)
        return cls(edges, np.cumsum(grid, axis=1, dtype=np.int32) + timeless[:, None], first)

    def bin_of(self, time: np.ndarray) -> np.ndarray:
        """Returns the bin of each time; an unknown time gets the last bin; int64 [N]."""
        place = np.searchsorted(self.edges, time, side="right") - 1
        return np.where(time >= 0, np.maximum(place, 0), len(self.edges) - 1)
