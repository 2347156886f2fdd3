from __future__ import annotations

import numpy as np

from plait.features.history import History
from plait.features.holdout import hold_out_by_time, leave_one_out, time_quantile


def people(*rows: list[tuple[int, int, float]]) -> History:
    """Builds histories of (item, time, strength)."""
    flat = [event for row in rows for event in row]
    return History(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([e[0] for e in flat], np.int32),
        np.array([e[0] % 2 for e in flat], np.int16),
        np.zeros(len(flat), np.int16),
        np.array([e[1] for e in flat], np.int64),
        np.array([e[2] for e in flat], np.float32),
    )


def test_last_is_tested_last_but_one_validated_and_stands_in_the_test_history() -> None:
    whole = people([(i, i, 1.0) for i in range(1, 6)], [(7, 1, 1.0), (8, 2, 1.0)])
    train, validation, test = leave_one_out(whole)
    assert test.item.tolist() == [5]
    assert test.platform.tolist() == [1]
    assert test.history.item.tolist() == [1, 2, 3, 4]
    assert validation.item.tolist() == [4]
    assert validation.history.item.tolist() == [1, 2, 3]
    assert train.item.tolist() == [1, 2, 3, 7, 8]
    assert test.row.tolist() == [0]


def test_returns_and_dislikes_are_no_targets() -> None:
    whole = people([(1, 1, 1.0), (2, 2, 1.0), (3, 3, 1.0), (2, 4, 1.0), (4, 5, -1.0), (3, 6, 0.0)])
    train, validation, test = leave_one_out(whole)
    assert test.item.tolist() == [3]
    assert validation.item.tolist() == [2]
    assert train.item.tolist() == [1]
    assert test.history.item.tolist() == [1, 2]


def test_a_time_split_never_looks_at_the_same_moment() -> None:
    whole = people([(1, 1, 1.0), (2, 5, 1.0), (3, 5, 1.0), (4, 9, 1.0)], [(5, 5, 1.0)])
    before, targets = hold_out_by_time(whole, 5)
    assert before.item.tolist() == [1]
    assert targets.item.tolist() == [2, 3, 4]
    assert [targets.history[i : i + 1].item.tolist() for i in range(3)] == [[1], [1], [1, 2, 3]]
    assert hold_out_by_time(whole, 5, until=9)[1].item.tolist() == [2, 3]


def test_quantile_time() -> None:
    assert time_quantile(people([(1, 10, 1.0), (2, 20, 1.0)]), 0.0) == 10
    assert time_quantile(people([(1, -1, 1.0)]), 0.5) is None


def test_a_target_is_asked_for_at_its_own_time() -> None:
    whole = people(
        [(1, 1, 1.0), (2, 5, 1.0), (3, 9, 1.0)], [(4, 2, 1.0), (5, 3, 1.0), (6, -1, 1.0)]
    )
    _, validation, test = leave_one_out(whole)
    assert validation.time.tolist() == [5, 3]
    assert test.time.tolist() == [9, 3]  # without a time of its own, the last one known before
    _, later = hold_out_by_time(whole, 5)
    assert later.time.tolist() == [5, 9]
    assert later.take(np.array([1])).time.tolist() == [9]
    unknown = leave_one_out(people([(1, -1, 1.0), (2, -1, 1.0), (3, -1, 1.0)]))[2]
    assert unknown.time.tolist() == [-1]
