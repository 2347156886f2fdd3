"""The types that the steps of the recommend pipeline pass on: request, candidates, ranking."""

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
        """Returns the column of each vocabulary index; -1 if it is not an item of `platform`."""
        code = self.platforms.index(platform)
        return np.where(self.vocabulary.item_platform[index] == code, self._column[index], -1)

    def of_ids(
        self, items: Sequence[Sequence[str]], platform: str
    ) -> tuple[IndexArray, IndexArray]:
        """Returns the row and the column of each item id; column -1 if `platform` lacks it."""
        row = np.repeat(np.arange(len(items)), [len(ids) for ids in items])
        ids = pl.Series([item for ids in items for item in ids], dtype=pl.String)
        return row, self.of_indices(self.vocabulary.index(ids), platform)


@dataclass(frozen=True, eq=False)
class ListRequest:
    """A request for lists of one platform for B people.

    Attributes:
        history: histories of the B people.
        platform: the platform to recommend from.
        k: requested items per list, at least 1.
        exclude_seen: which lists leave out items that the person has seen, [B].
        exclude: item ids to leave out, one sequence per list; empty: none.
        earlier: (row, vocabulary index) of items that people had before their histories begin.
    """

    history: History
    platform: str
    k: int
    exclude_seen: BoolArray
    exclude: Sequence[Sequence[str]] = ()
    earlier: IndexPairs = field(default_factory=IndexPairs.none)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The items that can be listed: every item of the platform.

    Attributes:
        platform: the platform of the items.
        scores: the model's scores, B people and N_p items.
        cold_start: which people have no event that the model can use, [B].
        order: sort keys, higher is better, float32 [B, N_p]. They are the scores, or for
            cold-start people minus the place in the popular list.
    """

    platform: str
    scores: ItemScores
    cold_start: BoolArray
    order: torch.Tensor


@dataclass(frozen=True, eq=False)
class Ranking:
    """K columns for each of B people, best first.

    Attributes:
        columns: positions in `vocabulary.platform_items(platform)`, [B, K].
        scores: values of Candidates.order; -inf after the end of a person's list, [B, K].
    """

    columns: IndexArray
    scores: FloatArray
