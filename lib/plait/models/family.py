"""What a model family is: the protocol that evaluation, serving and validation rely on.

A family turns a training part into a model (`fit`, or training by epochs) and reads one back
(`load`); a model scores. A new family is a folder here and a line in `families.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch

from plait.errors import UnknownPlatform, nearest
from plait.features.history import History
from plait.features.vocabulary import Vocabulary
from plait.models.item_scores import ItemScores

Moment = int | npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class Provenance:
    """How a model was made. The field names are JSON keys of config.json.

    Attributes:
        split: what was held out in training: loo, time or none.
        cut: where a time split's test targets begin, UTC microseconds.
        store_version: the store version it was trained on.
        sequence_length: item events kept for one person.
        strengths: what each event type says about taste.
        hyper: hyper-parameters as used.
        code: version of plait, and the git commit where there is one.
    """

    split: str = "none"
    cut: int | None = None
    store_version: int = 0
    sequence_length: int = 50
    strengths: dict[str, float] = field(default_factory=dict)
    hyper: dict[str, Any] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FitData:
    """What a family is fitted to.

    Attributes:
        vocabulary: the items known.
        history: the training part, B people; negative events are not learned from.
        provenance: how the model will say that it was made.
    """

    vocabulary: Vocabulary
    history: History
    provenance: Provenance = Provenance()


class TrainedModel(Protocol):
    """A model that scores, of whatever family; `metrics` as in its metrics.json."""

    vocabulary: Vocabulary
    provenance: Provenance
    metrics: dict[str, Any]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms the model knows, in the order of their codes."""

    def describe(self) -> dict[str, Any]:
        """Returns what a report of its training says beside the metrics, as JSON values.

        `terms` are the names of the summands of a score; a family may add its own keys.
        """

    @property
    def event_counts(self) -> npt.NDArray[np.float64]:
        """Positive training events on each item, [items]: the popular list is made of them."""

    def score(self, history: History, platform: str, now: Moment = None) -> ItemScores:
        """Returns the scores of every item of `platform` for each person in `history`.

        A person's scores do not depend on who else is in the batch.

        Args:
            history: B people, encoded with this model's vocabulary.
            platform: what to recommend from.
            now: when the list is wanted, UTC microseconds, -1 unknown: one moment, or one a
                person [B]; default: each person's last event.

        Raises:
            UnknownPlatform: the model was not trained on `platform`.
        """

    def item_vectors(self, platform: str) -> torch.Tensor | None:
        """Returns a vector for each item of `platform`, [N_p, K]; None: the family has none."""

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, its family's name in config.json; never a pickle."""


class ModelFamily(Protocol):
    """A kind of model, chosen by `train.family`. It is trained by epochs, in plait.training."""

    def load(self, folder: Path) -> TrainedModel:
        """Returns the model that was saved into `folder`.

        Raises:
            DamagedVersion: a file is missing or is not what it should be.
        """


@runtime_checkable
class DirectFamily(ModelFamily, Protocol):
    """A family that is fitted in one go, by one worker."""

    def fit(self, data: FitData) -> TrainedModel:
        """Returns the model of `data`."""


def require_platform(platform: str, known: tuple[str, ...]) -> None:
    """Raises UnknownPlatform if a model that knows the platforms `known` is asked for another."""
    if platform not in known:
        raise UnknownPlatform(
            f"this model knows no platform '{platform}'.", allowed=nearest(platform, known)
        )
