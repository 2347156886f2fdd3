"""The item-item term: w log(1 + 20 s), where s is the item-item similarity to a history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from scipy import sparse

from plait.features.history import History
from plait.features.likes_and_dislikes import keep_positive_events
from plait.features.vocabulary import Vocabulary
from plait.models.item_item.cosine_similarity import (
    RECENCY_DECAY,
    cosine_neighbours,
    item_item_scores,
)

ITEM_ITEM_FILE = "item_item.safetensors"
MAX_NEIGHBOURS = 200  # neighbours kept per item
SHARPNESS = 20.0


@dataclass(frozen=True, eq=False)
class ItemItemTerm:
    """Neighbour lists, and the term's weight per platform, which validation chooses.

    Attributes:
        neighbours: cosine similarity, sparse [items, items].
        weights: the term's weight by platform.
    """

    neighbours: sparse.csr_array
    weights: dict[str, float]

    @classmethod
    def build(cls, history: History, items: int, weights: dict[str, float]) -> ItemItemTerm:
        """Returns the term of the positive events in `history`."""
        return cls(cosine_neighbours(keep_positive_events(history), items, MAX_NEIGHBOURS), weights)

    @classmethod
    def empty(cls, items: int) -> ItemItemTerm:
        """Returns a term without neighbours or weights, which adds nothing to a score."""
        return cls(sparse.csr_array((items, items), dtype=np.float32), {})

    def for_platform(self, platform: str, vocabulary: Vocabulary) -> list[sparse.csr_array]:
        """Returns the similarities of all items to those of `platform`, [items, n] per block."""
        blocks = vocabulary.platform_blocks(platform)
        return [sparse.csr_array(self.neighbours[:, columns]) for columns in blocks]

    def widen(self, items: int) -> ItemItemTerm:
        """Returns the term for `items` items; those added at the end have no neighbours."""
        matrix = self.neighbours
        indptr = np.pad(matrix.indptr, (0, items - matrix.shape[0]), mode="edge")
        wider = sparse.csr_array((matrix.data, matrix.indices, indptr), shape=(items, items))
        return ItemItemTerm(wider, self.weights)

    def save(self, folder: Path) -> None:
        """Writes the neighbour lists into `folder`."""
        matrix = self.neighbours
        parts = {
            "indptr": matrix.indptr.astype(np.int64),
            "indices": matrix.indices.astype(np.int32),
            "data": matrix.data.astype(np.float32),
        }
        save_file(parts, folder / ITEM_ITEM_FILE)

    @classmethod
    def load(cls, folder: Path, items: int, weights: dict[str, Any]) -> ItemItemTerm:
        """Returns the term saved in `folder`, for `items` items, with `weights` by platform."""
        parts = load_file(folder / ITEM_ITEM_FILE)
        matrix = sparse.csr_array(
            (parts["data"], parts["indices"], parts["indptr"]), shape=(items, items)
        )
        return cls(matrix, {name: float(weight) for name, weight in weights.items()})


def item_item_term_scores(history: History, neighbours: sparse.csr_array) -> torch.Tensor:
    """Returns log(1 + 20 s) for each person and item, dense [B, columns of `neighbours`]."""
    scores = item_item_scores(keep_positive_events(history), neighbours, RECENCY_DECAY)
    return torch.from_numpy(scores.toarray()).mul_(SHARPNESS).log1p_()
