"""What the steps of the recommend pipeline hand on: candidates, filter, rank, re-rank, explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from plait.features.history import History
from plait.features.index_pairs import IndexPairs
from plait.features.vocabulary import Vocabulary
from plait.models.item_scores import ItemScores

IndexArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


class ItemColumns:
    """The columns of items: column j of a platform is `vocabulary.platform_items(platform)[j]`."""

    def __init__(self, vocabulary: Vocabulary, platforms: Sequence[str]) -> None:
        self.vocabulary, self.platforms = vocabulary, platforms
        self._column = np.full(len(vocabulary), -1, np.int64)
        for platform in platforms:
            own = vocabulary.platform_items(platform)
            self._column[own] = np.arange(len(own))

    def of_indices(self, index: npt.NDArray[np.integer], platform: str) -> IndexArray:
        """Returns the column of each vocabulary index, -1 where it is not an item of `platform`."""
        code = self.platforms.index(platform)
        return np.where(self.vocabulary.item_platform[index] == code, self._column[index], -1)

    def of_ids(
        self, items: Sequence[Sequence[str]], platform: str
    ) -> tuple[IndexArray, IndexArray]:
        """Returns the row of each item id, and its column: -1 where `platform` has no such item."""
        row = np.repeat(np.arange(len(items)), [len(ids) for ids in items])
        ids = pl.Series([item for ids in items for item in ids], dtype=pl.String)
        return row, self.of_indices(self.vocabulary.index(ids), platform)


@dataclass(frozen=True, eq=False)
class ListRequest:
    """B people who want lists of one platform.

    Attributes:
        history: what they did, B people.
        platform: what to recommend from.
        k: items wanted, at least 1.
        exclude_seen: whose lists leave out what they had, [B].
        exclude: item ids that each list leaves out, B of them; empty: none.
        earlier: (person, vocabulary index) of what they had before the histories begin.
    """

    history: History
    platform: str
    k: int
    exclude_seen: BoolArray
    exclude: Sequence[Sequence[str]] = ()
    earlier: IndexPairs = field(default_factory=IndexPairs.none)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What can be listed: every item of the platform.

    Attributes:
        platform: theirs.
        scores: of the model, B people and N_p items.
        cold_start: who did nothing that the model can use, [B].
        order: what to sort by, higher is better, float32 [B, N_p]: the scores; in rows of
            `cold_start` minus the place in the popular list.
    """

    platform: str
    scores: ItemScores
    cold_start: BoolArray
    order: torch.Tensor


@dataclass(frozen=True, eq=False)
class Ranking:
    """K columns of each of B people, best first.

    Attributes:
        columns: places in `vocabulary.platform_items(platform)`, [B, K].
        scores: as in Candidates.order; -inf where a person's list has ended, [B, K].
    """

    columns: IndexArray
    scores: FloatArray
