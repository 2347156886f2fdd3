"""The targets of one platform, and what each person has seen of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from plait.evaluation.negative_sampling import HashArray, hash_items, sampling_keys
from plait.features.history import History
from plait.features.holdout import HeldOutTargets
from plait.features.vocabulary import Vocabulary

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class IndexPairs:
    """(row, column) pairs in order of row, none twice, [P]."""

    row: Indices
    column: Indices

    @classmethod
    def of(cls, row: Indices, column: Indices) -> IndexPairs:
        """Returns the distinct pairs."""
        packed = np.unique(row.astype(np.int64) << 32 | column.astype(np.int64))
        return cls(packed >> 32, packed & 0xFFFFFFFF)

    def slice_rows(self, first: int, last: int) -> IndexPairs:
        """Returns the pairs of rows `first` to `last`, rows counted from `first`."""
        a, b = np.searchsorted(self.row, [first, last])
        return IndexPairs(self.row[a:b] - first, self.column[a:b])

    def union(self, other: IndexPairs) -> IndexPairs:
        """Returns the pairs that are in either."""
        rows = np.concatenate([self.row, other.row])
        return IndexPairs.of(rows, np.concatenate([self.column, other.column]))


@dataclass(frozen=True)
class EvaluationTargets:
    """M targets on one platform of N items.

    Attributes:
        platform: theirs.
        vocabulary: encodes `history`.
        hashes: of the platform's items in the vocabulary's order, [N].
        person: row of each target's person, [M].
        history: what was known before each target, M rows.
        target: column of each target, [M].
        item: vocabulary index of each target, [M].
        time: when each is asked for, UTC microseconds, -1 unknown, [M].
        seen: everything a target's person ever touched on the platform, the target included.
        hidden: what is left out when all items are ranked.
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
        """Returns targets `first` to `last`."""
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
        """Returns the key of each target's negatives, [M]."""
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
    """Returns the questions of `targets` on `platform`.

    Args:
        targets: of all platforms; their rows count people.
        platform: whose targets and items.
        vocabulary: encodes the targets; its items of the platform are the candidates.
        touched: (person, vocabulary index) of every item event.
        mask: leave what the person saw out of a full ranking.
        ahead: it may also leave out what was seen after the target; a split by time may not.
    """
    asked = targets.take(np.flatnonzero(targets.platform == vocabulary.platform_code(platform)))
    items = vocabulary.platform_items(platform)
    column = np.full(len(vocabulary), -1, np.int64)
    column[items] = np.arange(len(items))
    target = column[asked.item]
    before = _platform_pairs(asked.history.rows, column[asked.history.item])
    a, b = np.searchsorted(touched.row, [asked.row, asked.row + 1])
    ever = np.repeat(a, b - a) + _positions_in_groups(b - a)
    seen = _platform_pairs(np.repeat(np.arange(len(asked)), b - a), column[touched.column[ever]])
    seen = seen.union(before).union(_platform_pairs(np.arange(len(asked)), target))
    return EvaluationTargets(
        platform=platform,
        vocabulary=vocabulary,
        hashes=hash_items(vocabulary.item_ids(items)),
        person=asked.row,
        history=asked.history,
        target=target,
        item=asked.item,
        time=asked.time,
        seen=seen,
        hidden=IndexPairs.of(*np.zeros((2, 0), np.int64))
        if not mask
        else seen
        if ahead
        else before,
    )


def _platform_pairs(rows: Indices, columns: Indices) -> IndexPairs:
    inside = columns >= 0
    return IndexPairs.of(rows[inside], columns[inside])


def _positions_in_groups(lengths: Indices) -> Indices:
    """Returns 0, 1, ... within each group of the given lengths."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths))
