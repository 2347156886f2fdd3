"""The item-item family: scores items by their similarity to the person's chosen items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse

from plait.features.history import History
from plait.features.likes_and_dislikes import keep_positive_events
from plait.features.vocabulary import Vocabulary
from plait.models.direct_model_files import load_direct_model, save_direct_model
from plait.models.family import FitData, Moment, Provenance, require_platform
from plait.models.item_item.cosine_similarity import cosine_neighbours, item_item_scores
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.model_files import refuse_damaged
from plait.models.one_term_scores import OneTermScores
from plait.models.popularity.event_counts import count_events

FAMILY = "item_item"
_ALL_NEIGHBOURS_LIMIT = 50_000  # items up to which every neighbour is kept
_MAX_NEIGHBOURS = 1000  # neighbours kept per item in a larger vocabulary


class ItemItemModel:
    """Cosine similarity of items in the training part, with newer choices weighted more."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        neighbours: sparse.csr_array,
        event_counts: npt.NDArray[np.float64],
        provenance: Provenance,
        metrics: dict[str, Any] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.event_counts = event_counts
        self.provenance = provenance
        self.metrics = metrics or {}
        self._neighbours = neighbours
        self._of_platform: dict[str, sparse.csr_array] = {}

    @classmethod
    def fit(cls, data: FitData) -> ItemItemModel:
        """See DirectFamily."""
        chosen, items = keep_positive_events(data.history), len(data.vocabulary)
        keep = None if items <= _ALL_NEIGHBOURS_LIMIT else _MAX_NEIGHBOURS
        neighbours = cosine_neighbours(chosen, items, keep)
        return cls(data.vocabulary, neighbours, count_events(chosen, items), data.provenance)

    def score(self, history: History, platform: str, now: Moment = None) -> OneTermScores:
        """Returns the similarity to each history, see TrainedModel; `now` has no effect."""
        require_platform(platform, self.platforms)
        own = self.vocabulary.platform_items(platform)
        if platform not in self._of_platform:
            self._of_platform[platform] = self._neighbours.tocsc()[:, own].tocsr()
        values = item_item_scores(keep_positive_events(history), self._of_platform[platform])
        return OneTermScores.of(FAMILY, torch.from_numpy(values.toarray()), history, own)

    @classmethod
    def load(cls, folder: Path) -> ItemItemModel:
        """Returns the model that was saved into `folder`; see ModelFamily."""
        with refuse_damaged(folder):
            parts = load_direct_model(folder)
            neighbours = ItemItemTerm.load(folder, len(parts.vocabulary), {}).neighbours
            return cls(
                parts.vocabulary, neighbours, parts.event_counts, parts.provenance, parts.metrics
            )

    def save(self, folder: Path) -> None:
        """See TrainedModel."""
        save_direct_model(self, folder, FAMILY)
        ItemItemTerm(self._neighbours, {}).save(folder)

    @property
    def platforms(self) -> tuple[str, ...]:
        """See TrainedModel."""
        return self.vocabulary.platforms

    def describe(self) -> dict[str, Any]:
        """See TrainedModel."""
        return {"terms": [FAMILY]}

    def item_vectors(self, platform: str) -> torch.Tensor | None:
        """Returns None: the family has no item vectors."""
        require_platform(platform, self.platforms)
        return None
