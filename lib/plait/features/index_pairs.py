"""Sparse (row, column) pairs as two index arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class IndexPairs:
    """P distinct (row, column) pairs, sorted by row, then by column."""

    row: Indices
    column: Indices

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def of(cls, row: npt.NDArray[np.integer], column: npt.NDArray[np.integer]) -> IndexPairs:
        """Returns the distinct pairs; columns are below 2**32."""
        return cls._unpack(np.unique(_pack(row, column)))

    @classmethod
    def none(cls) -> IndexPairs:
        """Returns an empty set of pairs."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    @classmethod
    def _unpack(cls, packed: Indices) -> IndexPairs:
        return cls(packed >> 32, packed & 0xFFFFFFFF)

    def slice_rows(self, first: int, last: int) -> IndexPairs:
        """Returns the pairs of rows from `first` up to but not including `last`.

        Rows of the result count from `first`.
        """
        a, b = np.searchsorted(self.row, [first, last])
        return IndexPairs(self.row[a:b] - first, self.column[a:b])

    def take(self, rows: Sequence[int] | Indices) -> IndexPairs:
        """Returns the pairs of `rows`; row i of the result is `rows[i]`."""
        chosen = np.asarray(rows, np.int64)
        first, last = np.searchsorted(self.row, [chosen, chosen + 1])
        counts = last - first
        row = np.repeat(np.arange(len(chosen)), counts)
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        return IndexPairs(row, self.column[np.repeat(first, counts) + place])

    def union(self, other: IndexPairs) -> IndexPairs:
        """Returns the pairs that are in this set or in `other`."""
        rows = np.concatenate([self.row, other.row])
        return IndexPairs.of(rows, np.concatenate([self.column, other.column]))

    def minus(self, other: IndexPairs) -> IndexPairs:
        """Returns the pairs that are not in `other`."""
        if not len(self):
            return self
        mine, others = _pack(self.row, self.column), _pack(other.row, other.column)
        return IndexPairs._unpack(np.setdiff1d(mine, others, assume_unique=True))


def _pack(row: npt.NDArray[np.integer], column: npt.NDArray[np.integer]) -> Indices:
    return row.astype(np.int64) << 32 | column.astype(np.int64)
