"""The encoded histories of the people in a batch of requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.features.history import History, concat_histories
from plait.features.index_pairs import IndexPairs
from plait.features.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class KnownPeople:
    """What is known of B people, encoded with one vocabulary.

    Attributes:
        history: their events on items of the vocabulary, B rows.
        active: which people have any item event, on an item of the vocabulary or not, [B].
        platforms: names of the platforms of those events, B sets.
        earlier: (row, vocabulary index) of items that people had before their histories begin.
    """

    history: History
    active: npt.NDArray[np.bool_]
    platforms: Sequence[frozenset[str]]
    earlier: IndexPairs

    def __len__(self) -> int:
        return len(self.history)

    @classmethod
    def concat(cls, parts: Sequence[KnownPeople]) -> KnownPeople:
        """Returns the people of all `parts`, one part after the other."""
        starts = np.cumsum([0, *(len(part) for part in parts)])
        moved = [part.earlier.row + start for part, start in zip(parts, starts, strict=False)]
        return cls(
            concat_histories([part.history for part in parts]),
            np.concatenate([part.active for part in parts]),
            [platforms for part in parts for platforms in part.platforms],
            IndexPairs(np.concatenate(moved), np.concatenate([p.earlier.column for p in parts])),
        )

    def take(self, rows: Sequence[int]) -> KnownPeople:
        """Returns the people at `rows`, in that order."""
        index = np.asarray(rows, np.int64)
        return KnownPeople(
            self.history.take(index),
            self.active[index],
            [self.platforms[row] for row in rows],
            self.earlier.take(index),
        )


def earlier_items(seen: pl.Series, vocabulary: Vocabulary) -> IndexPairs:
    """Returns (row, vocabulary index) of the items in `seen`.

    Args:
        seen: texts with one item id per line, or null, one text per row.
        vocabulary: the vocabulary; unknown items are left out.
    """
    rows = np.flatnonzero(seen.is_not_null().to_numpy())
    if not len(rows):
        return IndexPairs.none()
    lists = seen.gather(rows).str.split("\n")
    counts, items = lists.list.len().to_numpy(), lists.explode()
    return known_pairs(np.repeat(rows, counts), items, vocabulary)


def known_pairs(
    rows: npt.NDArray[np.integer], items: pl.Series, vocabulary: Vocabulary
) -> IndexPairs:
    """Returns (row, vocabulary index) of the `items` that the vocabulary holds."""
    index = vocabulary.index(items)
    return IndexPairs.of(rows[index > 0], index[index > 0])
