"""What is evaluated: the model and the two baselines, behind one method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plait.model.item_item import cosine_neighbours, item_item_scores
from plait.model.popularity import popularity

if TYPE_CHECKING:
    from plait.features.history import History
    from plait.features.vocabulary import Vocabulary
    from plait.model.artifact import Model

Scores = npt.NDArray[np.float32]
_NEIGHBOURS = 1000  # kept for each item once all of them would not fit
_DENSE_ITEMS = 50_000


class Scorer(Protocol):
    """Scores a platform's items for histories encoded with its vocabulary."""

    name: str
    vocabulary: Vocabulary

    def score(self, history: History, platform: str, now: int | None) -> Scores:
        """Returns [B, N_p]; column j is `vocabulary.platform_items(platform)[j]`."""


@dataclass
class ModelScorer:
    """A trained version, asked exactly as serving asks it."""

    name: str
    model: Model

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's own vocabulary."""
        return self.model.vocabulary

    def score(self, history: History, platform: str, now: int | None) -> Scores:
        """Returns R of every item, [B, N_p]."""
        return np.asarray(self.model.score(history, platform, now=now).total.numpy())


class Popularity:
    """Every person gets what most events of the training part are on."""

    name = "popularity"

    def __init__(self, train: History, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._counts = popularity(train, columns_of(vocabulary)).astype(np.float32)

    def score(self, history: History, platform: str, now: int | None) -> Scores:
        """Returns the same row for each history, [B, N_p]."""
        row = self._counts[self.vocabulary.platform_items(platform)]
        return np.broadcast_to(row, (len(history.offsets) - 1, len(row)))


class ItemItem:
    """Cosine of binary person-item columns of the training part, the newest choice first."""

    name = "item-item"

    def __init__(self, train: History, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        columns = columns_of(vocabulary)
        keep = None if columns <= _DENSE_ITEMS else _NEIGHBOURS
        self._neighbours = cosine_neighbours(train, columns, keep)
        self._of_platform: dict[str, sparse.csr_array] = {}

    def score(self, history: History, platform: str, now: int | None) -> Scores:
        """Returns the decayed similarity to each history, [B, N_p]."""
        if platform not in self._of_platform:
            own = self.vocabulary.platform_items(platform)
            self._of_platform[platform] = self._neighbours.tocsc()[:, own].tocsr()
        return np.asarray(item_item_scores(history, self._of_platform[platform]).toarray())


def columns_of(vocabulary: Vocabulary) -> int:
    """Returns the columns of a person-item matrix: index 0 is nobody's."""
    return len(vocabulary.items) + 1
