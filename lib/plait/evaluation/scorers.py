"""The interface of what is evaluated: models of any family, baselines included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from plait.features.history import History
    from plait.features.vocabulary import Vocabulary
    from plait.models.family import Moment, TrainedModel

ScoreArray = npt.NDArray[np.float32]


class Scorer(Protocol):
    """Scores a platform's items for histories encoded with its vocabulary."""

    @property
    def name(self) -> str:
        """The scorer's name in a report."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary that encodes its histories."""

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns scores, [B, N_p]; column j is `vocabulary.platform_items(platform)[j]`."""


@dataclass
class ModelScorer:
    """A model as a scorer; it calls the model exactly as serving does."""

    name: str
    model: TrainedModel

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's own vocabulary."""
        return self.model.vocabulary

    def score(self, history: History, platform: str, now: Moment) -> ScoreArray:
        """Returns the model's score of every item of the platform, [B, N_p]."""
        return np.asarray(self.model.score(history, platform, now=now).total.numpy())
