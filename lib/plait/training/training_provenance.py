"""The provenance of a model: settings, code version, and the size of its data."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from plait.contracts.event_types import EVENT_STRENGTHS
from plait.models.family import Provenance
from plait.training.data.training_data import TrainingData
from plait.training.training_job import TrainingJob


def describe_training(job: TrainingJob, data: TrainingData, hyper: dict[str, Any]) -> Provenance:
    """Returns the provenance of the model of `job`, with the hyper-parameters `hyper`."""
    return Provenance(
        split=job.training.split,
        cut=data.cut,
        store_version=job.store_version,
        sequence_length=job.sequence_length,
        strengths=EVENT_STRENGTHS,
        hyper=hyper,
        code=code_version(),
    )


def training_sizes(data: TrainingData) -> dict[str, int]:
    """Returns the numbers of people, events and items that the model was trained on."""
    return {
        "people": int((data.history.lengths > 0).sum()),
        "events": len(data.history.item),
        "items": len(data.vocabulary) - 1,
    }


def code_version() -> dict[str, str]:
    """Returns plait's version, and the git commit if it runs from a checkout."""
    try:
        found = {"plait": version("plait")}
    except PackageNotFoundError:
        found = {"plait": "unknown"}
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return found
    return found | {"commit": commit.stdout.strip()}
