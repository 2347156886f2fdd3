"""Holds out targets: each person's last events, or all events from a cut on.

A target is a person's first event with an item, if it is positive (strength > 0). So a list that
leaves out items already seen could have shown it. In a log in which people never return to an
item, every positive event can be a target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plait.features.history import History, prediction_times


@dataclass(frozen=True, eq=False)
class HeldOutTargets:
    """M events to predict.

    Attributes:
        row: the person's row in the history that was split, int64 [M].
        history: the history before each target, M rows.
        item: vocabulary index of the target, int32 [M].
        platform: the target's platform code, int16 [M].
        time: time of the prediction: the target's time, or if that is unknown the time of the
            event before it; UTC microseconds, -1 unknown, int64 [M].
    """

    row: np.ndarray
    history: History
    item: np.ndarray
    platform: np.ndarray
    time: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: np.ndarray) -> HeldOutTargets:
        """Returns the targets at `rows`."""
        return HeldOutTargets(
            self.row[rows],
            self.history.take(rows),
            self.item[rows],
            self.platform[rows],
            self.time[rows],
        )


def first_interactions(history: History) -> np.ndarray:
    """Returns which events are their person's first event with their item; bool [N]."""
    pairs = history.rows.astype(np.int64) << 32 | history.item
    first = np.zeros(len(pairs), bool)
    first[np.unique(pairs, return_index=True)[1]] = True
    return first


def eligible_targets(history: History) -> np.ndarray:
    """Returns which events may be targets; bool [N].

    These are first events with an item, of strength > 0, after an earlier positive event of the
    person. Lists are made from positive events, so a person with only dislikes is a cold start.
    """
    chosen = history.strength > 0
    total = np.concatenate([[0], np.cumsum(chosen)])
    before = total[:-1] - np.repeat(total[history.offsets[:-1]], history.lengths)
    may: np.ndarray = first_interactions(history) & chosen & (before > 0)
    return may


def leave_one_out(history: History) -> tuple[History, HeldOutTargets, HeldOutTargets]:
    """Returns training history, validation and test targets.

    Each person's last eligible event is the test target, and the last but one is the validation
    target. The history of the test target includes the validation target. Training sees the
    events before the validation target. All events of a person with fewer than two eligible
    targets are for training.
    """
    may = eligible_targets(history)
    event, rows = np.flatnonzero(may), history.rows[may]
    counts = np.bincount(rows, minlength=len(history))
    split = np.flatnonzero(counts >= 2)
    ends = np.cumsum(counts)[split]
    test, validation = event[ends - 1], event[ends - 2]
    until = history.lengths.copy()
    until[split] = validation - history.offsets[split]
    everyone = np.arange(len(history))
    return (
        history.take(everyone, until),
        _targets_at(history, split, validation),
        _targets_at(history, split, test),
    )


def hold_out_by_time(
    history: History, cut: int, until: int | None = None
) -> tuple[History, HeldOutTargets]:
    """Returns the history before `cut` and the targets from `cut` on.

    A target's history holds the person's events strictly before the target's time. So events
    with equal timestamps never predict each other. Events without a time are before every cut.

    Args:
        history: events of all people.
        cut: UTC microseconds.
        until: targets are before this time, UTC microseconds; default: no end.
    """
    before = history.keep(history.time < cut)
    may = eligible_targets(history) & (history.time >= cut)
    if until is not None:
        may &= history.time < until
    event = np.flatnonzero(may)
    earlier = _first_of_same_time(history)[event]
    chosen = np.concatenate([[0], np.cumsum(history.strength > 0)])
    known = chosen[earlier] > chosen[history.offsets[history.rows[event]]]
    event, earlier = event[known], earlier[known]
    row = history.rows[event]
    known_before = history.take(row, earlier - history.offsets[row])
    return before, _targets(history, row, event, known_before)


def time_quantile(history: History, part: float) -> int | None:
    """Returns the quantile `part` (0 to 1) of the known times; None if no event has a time."""
    timed = history.time[history.time >= 0]
    return int(np.quantile(timed, part, method="lower")) if len(timed) else None


def _first_of_same_time(history: History) -> np.ndarray:
    """Returns the index of the first event in each event's run of equal times; int64 [N]."""
    index = np.arange(len(history.item))
    new = np.ones(len(index), bool)
    new[1:] = (history.time[1:] != history.time[:-1]) | (history.rows[1:] != history.rows[:-1])
    return np.maximum.accumulate(np.where(new, index, 0))


def _targets_at(history: History, rows: np.ndarray, events: np.ndarray) -> HeldOutTargets:
    return _targets(history, rows, events, history.take(rows, events - history.offsets[rows]))


def _targets(
    history: History, rows: np.ndarray, events: np.ndarray, known: History
) -> HeldOutTargets:
    time = prediction_times(history)[
        np.maximum(events - 1, 0)
    ]  # every target has an event before it
    return HeldOutTargets(rows, known, history.item[events], history.platform[events], time)
