"""The files of a model that is fitted in one go: vocabulary, event counts, config and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from plait.features.vocabulary import Vocabulary
from plait.models.family import Provenance, TrainedModel
from plait.models.model_files import (
    read_config,
    read_metrics,
    read_provenance,
    write_model_files,
)
from plait.models.popularity.event_counts import load_event_counts, save_event_counts


@dataclass(frozen=True, eq=False)
class DirectModelParts:
    """What every such model holds, read from its files; see TrainedModel."""

    vocabulary: Vocabulary
    event_counts: npt.NDArray[np.float64]
    provenance: Provenance
    metrics: dict[str, Any]


def save_direct_model(model: TrainedModel, folder: Path, family: str) -> None:
    """Writes the parts of `model`, of the family called `family`, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    model.vocabulary.save(folder)
    save_event_counts(model.event_counts, folder)
    config = {"platforms": list(model.platforms)}
    write_model_files(folder, family, config, model.provenance, model.metrics)


def load_direct_model(folder: Path) -> DirectModelParts:
    """Returns the parts written into `folder`. Call it inside `refuse_damaged`."""
    config = read_config(folder)
    vocabulary = Vocabulary.load(folder, tuple(config["platforms"]))
    counts = load_event_counts(folder, len(vocabulary))
    return DirectModelParts(vocabulary, counts, read_provenance(config), read_metrics(folder))
