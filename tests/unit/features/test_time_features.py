from __future__ import annotations

import numpy as np

from plait.features.history import History
from plait.features.time_features import GAP_BUCKETS, Timeline, calendar_quarters, gap_buckets

DAY = 86_400_000_000


def one_by_one(items: list[int], times: list[int], strengths: list[float] | None = None) -> History:
    count = len(items)
    return History(
        np.arange(count + 1),
        np.array(items, np.int32),
        np.zeros(count, np.int16),
        np.zeros(count, np.int16),
        np.array(times, np.int64),
        np.array(strengths or [1.0] * count, np.float32),
    )


def test_gaps_double_and_missing_times_have_none() -> None:
    times = np.array([0, 0, DAY, 3 * DAY, -1, 9 * DAY, 10**18])
    first = np.array([True] + [False] * 6)
    gaps = gap_buckets(times, first)
    assert gaps[0] == gaps[4] == gaps[5] == 0
    assert gaps[1] == 1
    assert gaps[3] == gaps[2] + 1
    assert gaps[6] == GAP_BUCKETS - 1


def test_quarters() -> None:
    moments = np.array(["1970-01-01", "1970-03-31", "1970-04-01", "2014-07-01"], "datetime64[us]")
    assert calendar_quarters(moments.astype(np.int64)).tolist() == [0, 0, 1, 44 * 4 + 2]
    assert calendar_quarters(np.array([-1])).tolist() == [-1]


def test_a_bin_counts_what_came_before_it_and_nothing_later() -> None:
    times = [day * DAY for day in range(40)]
    items = [1 + day % 3 for day in range(40)]
    line = Timeline.build(one_by_one(items, times), 4, bins=5)
    for place, edge in enumerate(line.edges):
        for item in range(4):
            before = sum(i == item and t < edge for i, t in zip(items, times, strict=True))
            assert line.counts[item, place] == before
    assert line.counts[:, -1].sum() == 40
    assert line.first.tolist() == [-1, 0, DAY, 2 * DAY]
    for time in times:
        assert line.edges[line.bin_of(np.array([time]))[0]] <= time
    assert line.bin_of(np.array([-1, 10**18])).tolist() == [4, 4]


def test_dislikes_are_not_popularity_and_timeless_logs_have_one_bin() -> None:
    line = Timeline.build(one_by_one([1, 1, 2], [-1, -1, -1], [1.0, -1.0, 0.5]), 3)
    assert line.counts.tolist() == [[0], [1], [1]]
    assert line.bin_of(np.array([-1, 5])).tolist() == [0, 0]


def test_a_publication_date_is_a_first_time() -> None:
    published = np.array([-1, DAY, 50 * DAY])
    line = Timeline.build(one_by_one([1, 2], [5 * DAY, 6 * DAY]), 3, published)
    assert line.first.tolist() == [-1, DAY, 6 * DAY]
