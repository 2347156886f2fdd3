"""A third party's model family: the items in the order of the vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from plait.features.history import History
from plait.features.vocabulary import Vocabulary
from plait.models.family import FitData, Moment, Provenance, require_platform
from plait.models.model_files import (
    read_config,
    read_metrics,
    read_provenance,
    refuse_damaged,
    write_model_files,
)
from plait.models.one_term_scores import OneTermScores


class FirstItemModel:
    """Scores fall from the first item of a platform to its last."""

    def __init__(self, vocabulary: Vocabulary, provenance: Provenance) -> None:
        self.vocabulary = vocabulary
        self.provenance = provenance
        self.metrics: dict[str, Any] = {}
        self.event_counts: npt.NDArray[np.float64] = np.ones(len(vocabulary))
        self.platforms = vocabulary.platforms

    @classmethod
    def fit(cls, data: FitData) -> FirstItemModel:
        return cls(data.vocabulary, data.provenance)

    @classmethod
    def load(cls, folder: Path) -> FirstItemModel:
        with refuse_damaged(folder):
            config = read_config(folder)
            vocabulary = Vocabulary.load(folder, tuple(config["platforms"]))
            model = cls(vocabulary, read_provenance(config))
            model.metrics = read_metrics(folder)
            return model

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder)
        parts = {"platforms": list(self.platforms)}
        write_model_files(folder, "first_item", parts, self.provenance, self.metrics)

    def score(self, history: History, platform: str, now: Moment = None) -> OneTermScores:
        require_platform(platform, self.platforms)
        own = self.vocabulary.platform_items(platform)
        row = torch.arange(len(own), 0, -1, dtype=torch.float32)
        return OneTermScores.of("first_item", row.expand(len(history), -1), history, own)

    def describe(self) -> dict[str, Any]:
        return {"terms": ["first_item"]}

    def item_vectors(self, platform: str) -> torch.Tensor | None:
        require_platform(platform, self.platforms)
        return None
