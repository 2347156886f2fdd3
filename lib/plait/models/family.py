"""The protocol of model families, on which evaluation, serving and validation rely.

A family makes a model from a training part (by `fit`, or by training in epochs) and loads a saved
one (`load`). A model scores items. A new family is a folder here and a line in `families.py`.
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
        split: the fold rule of the hold-out in training: loo, time or none.
        cut: start of a time split's test targets, UTC microseconds; None without a cut.
        store_version: the store version that it was trained on.
        sequence_length: item events kept per person.
        strengths: the strength of each event type, -1 to 1.
        hyper: the hyper-parameters used.
        code: version of plait, and the git commit if it ran from a checkout.
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
    """The data that a family is fitted on.

    Attributes:
        vocabulary: the items that the model will know.
        history: the training part, B people; negative events are ignored.
        provenance: the provenance of the model.
    """

    vocabulary: Vocabulary
    history: History
    provenance: Provenance = Provenance()


class TrainedModel(Protocol):
    """A trained model of any family; `metrics` is the content of its metrics.json."""

    vocabulary: Vocabulary
    provenance: Provenance
    metrics: dict[str, Any]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms the model knows, in the order of their codes."""

    def describe(self) -> dict[str, Any]:
        """Returns facts for a training report in addition to the metrics, as JSON values.

        `terms` are the names of the terms of a score. A family may add its own keys.
        """

    @property
    def event_counts(self) -> npt.NDArray[np.float64]:
        """Number of positive training events of each item, [items], for the popular list."""

    def score(self, history: History, platform: str, now: Moment = None) -> ItemScores:
        """Returns the scores of every item of `platform` for each person in `history`.

        A person's scores do not depend on who else is in the batch.

        Args:
            history: B people, encoded with this model's vocabulary.
            platform: the platform to recommend from.
            now: time of the request, UTC microseconds, -1 unknown: one time, or one per
                person [B]; default: the time of each person's last event.

        Raises:
            UnknownPlatform: the model was not trained on `platform`.
        """

    def item_vectors(self, platform: str) -> torch.Tensor | None:
        """Returns one vector per item of `platform`, [N_p, K]; None if the family has none."""

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, with its family's name in config.json; no pickles."""


class ModelFamily(Protocol):
    """A kind of model, chosen by `train.family`.

    A family that is not a DirectFamily is trained in epochs by plait.training.
    """

    def load(self, folder: Path) -> TrainedModel:
        """Returns the model that was saved into `folder`.

        Raises:
            DamagedVersion: a file is missing or damaged.
        """


@runtime_checkable
class DirectFamily(ModelFamily, Protocol):
    """A family that is fitted by one call on one worker, without epochs."""

    def fit(self, data: FitData) -> TrainedModel:
        """Returns the model fitted on `data`."""


def require_platform(platform: str, known: tuple[str, ...]) -> None:
    """Checks that `platform` is one of the model's platforms `known`.

    Raises:
        UnknownPlatform: it is not.
    """
    if platform not in known:
        raise UnknownPlatform(
            f"this model knows no platform '{platform}'.", allowed=nearest(platform, known)
        )
