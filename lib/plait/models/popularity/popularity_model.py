"""The popularity family: everyone gets the items with the most events in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from plait.features.history import History
from plait.features.likes_and_dislikes import keep_positive_events
from plait.features.vocabulary import Vocabulary
from plait.models.direct_model_files import load_direct_model, save_direct_model
from plait.models.family import FitData, Moment, Provenance, require_platform
from plait.models.model_files import refuse_damaged
from plait.models.one_term_scores import OneTermScores
from plait.models.popularity.event_counts import count_events

FAMILY = "popularity"


class PopularityModel:
    """Scores each item by its number of positive training events, equal for all people."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        event_counts: npt.NDArray[np.float64],
        provenance: Provenance,
        metrics: dict[str, Any] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.event_counts = event_counts
        self.provenance = provenance
        self.metrics = metrics or {}

    @classmethod
    def fit(cls, data: FitData) -> PopularityModel:
        """See DirectFamily."""
        counts = count_events(keep_positive_events(data.history), len(data.vocabulary))
        return cls(data.vocabulary, counts, data.provenance)

    def score(self, history: History, platform: str, now: Moment = None) -> OneTermScores:
        """Returns the same row for each history, see TrainedModel; `now` has no effect."""
        require_platform(platform, self.platforms)
        own = self.vocabulary.platform_items(platform)
        row = torch.from_numpy(self.event_counts[own].astype(np.float32))
        return OneTermScores.of(FAMILY, row.expand(len(history), len(row)), history, own)

    @classmethod
    def load(cls, folder: Path) -> PopularityModel:
        """Returns the model that was saved into `folder`; see ModelFamily."""
        with refuse_damaged(folder):
            parts = load_direct_model(folder)
            return cls(parts.vocabulary, parts.event_counts, parts.provenance, parts.metrics)

    def save(self, folder: Path) -> None:
        """See TrainedModel."""
        save_direct_model(self, folder, FAMILY)

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
