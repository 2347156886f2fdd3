"""The targets of one platform, and the items of it that each person has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from plait.evaluation.negative_sampling import HashArray, hash_items, sampling_keys
from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.features.index_pairs import IndexPairs, Indices
from plait.features.vocabulary import Vocabulary


@dataclass(frozen=True)
class EvaluationTargets:
    """M targets on one platform of N items.

    Attributes:
        platform: the platform of the targets.
        vocabulary: the vocabulary that encodes `history`.
        hashes: hashes of the platform's items in the vocabulary's order, [N].
        person: row of each target's person, [M].
        history: the history before each target, M rows.
        target: column of each target among the platform's items, [M].
        item: vocabulary index of each target, [M].
        time: time of each target, UTC microseconds, -1 if unknown, [M].
        seen: (target row, column) of every item of the platform that the target's person ever
            interacted with, the target included.
        hidden: (target row, column) of the items that a full ranking leaves out.
    """

    platform: str
    vocabulary: Vocabulary
    hashes: HashArray
    person: Indices
    history: History
    target: Indices
    item: npt.NDArray[np.int32]
    time: Indices
    seen: IndexPairs
    hidden: IndexPairs

    def __len__(self) -> int:
        return len(self.person)

    def part(self, first: int, last: int) -> EvaluationTargets:
        """Returns the targets from `first` up to but not including `last`."""
        return replace(
            self,
            person=self.person[first:last],
            history=self.history[first:last],
            target=self.target[first:last],
            item=self.item[first:last],
            time=self.time[first:last],
            seen=self.seen.slice_rows(first, last),
            hidden=self.hidden.slice_rows(first, last),
        )

    def keys(self, seed: int) -> HashArray:
        """Returns the sampling key of each target's negatives, uint64 [M]."""
        targets = hash_items(self.vocabulary.item_ids(self.item))
        return sampling_keys(targets, self.seen.row, self.hashes[self.seen.column], seed)


def select_targets(
    targets: HeldOutTargets,
    platform: str,
    vocabulary: Vocabulary,
    touched: IndexPairs,
    *,
    mask: bool = True,
    ahead: bool = False,
) -> EvaluationTargets:
    """Returns those of `targets` that are on `platform`.

    Args:
        targets: targets of all platforms; each row is a person's index.
        platform: the platform of the targets and candidates.
        vocabulary: encodes the targets; its items of the platform are the candidates.
        touched: (person row, vocabulary index) of every item event.
        mask: leave items that the person has seen out of a full ranking.
        ahead: also leave out items seen after the target. A split by time must not do so.
    """
    own = targets.take(np.flatnonzero(targets.platform == vocabulary.platform_code(platform)))
    items = vocabulary.platform_items(platform)
    column = np.full(len(vocabulary), -1, np.int64)
    column[items] = np.arange(len(items))
    target = column[own.item]
    before = _platform_pairs(own.history.rows, column[own.history.item])
    a, b = np.searchsorted(touched.row, [own.row, own.row + 1])
    ever = np.repeat(a, b - a) + _positions_in_groups(b - a)
    seen = _platform_pairs(np.repeat(np.arange(len(own)), b - a), column[touched.column[ever]])
    seen = seen.union(before).union(_platform_pairs(np.arange(len(own)), target))
    return EvaluationTargets(
        platform=platform,
        vocabulary=vocabulary,
        hashes=hash_items(vocabulary.item_ids(items)),
        person=own.row,
        history=own.history,
        target=target,
        item=own.item,
        time=own.time,
        seen=seen,
        hidden=IndexPairs.none() if not mask else seen if ahead else before,
    )


def _platform_pairs(rows: Indices, columns: Indices) -> IndexPairs:
    inside = columns >= 0
    return IndexPairs.of(rows[inside], columns[inside])


def _positions_in_groups(lengths: Indices) -> Indices:
    """Returns 0, 1, ... within each group of the given lengths."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths))
