"""What is evaluated: the model and the two baselines, behind one method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plait.features.likes_and_dislikes import keep_positive_events
from plait.models.item_item.cosine_similarity import cosine_neighbours, item_item_scores
from plait.models.popularity.event_counts import count_events

if TYPE_CHECKING:
    from plait.features.history import History
    from plait.features.vocabulary import Vocabulary
    from plait.models.neural.neural_model import Moment, NeuralModel

ScoreArray = npt.NDArray[np.float32]
_ALL_NEIGHBOURS_LIMIT = 50_000  # items up to which every neighbour is kept
_MAX_NEIGHBOURS = 1000  # kept for each item beyond


class Scorer(Protocol):
    """Scores a platform's items for histories encoded with its vocabulary."""

    @property
    def name(self) -> str:
        """How a report calls it."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What encodes its histories."""

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns [B, N_p]; column j is `vocabulary.platform_items(platform)[j]`."""


@dataclass
class ModelScorer:
    """A trained version, asked exactly as serving asks it."""

    name: str
    model: NeuralModel

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's own vocabulary."""
        return self.model.vocabulary

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns R of every item, [B, N_p]."""
        return np.asarray(self.model.score(history, platform, now=now).total.numpy())


class PopularityBaseline:
    """Every person gets what most events of the training part are on."""

    name = "popularity"

    def __init__(self, train: History, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._counts = count_events(keep_positive_events(train), len(vocabulary)).astype(np.float32)

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns the same row for each history, [B, N_p]."""
        row = self._counts[self.vocabulary.platform_items(platform)]
        return np.broadcast_to(row, (len(history), len(row)))


class ItemItemBaseline:
    """Cosine of binary person-item columns of the training part, the newest choice first."""

    name = "item-item"

    def __init__(self, train: History, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        keep = None if len(vocabulary) <= _ALL_NEIGHBOURS_LIMIT else _MAX_NEIGHBOURS
        self._neighbours = cosine_neighbours(keep_positive_events(train), len(vocabulary), keep)
        self._of_platform: dict[str, sparse.csr_array] = {}

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns the decayed similarity to each history, [B, N_p]."""
        if platform not in self._of_platform:
            own = self.vocabulary.platform_items(platform)
            self._of_platform[platform] = self._neighbours.tocsc()[:, own].tocsr()
        return np.asarray(
            item_item_scores(keep_positive_events(history), self._of_platform[platform]).toarray()
        )
