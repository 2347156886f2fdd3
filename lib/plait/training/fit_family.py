"""Fits the model family that the setting `train.family` names."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from plait.features.folds import NothingHeldOut
from plait.models.families import find_family
from plait.models.family import DirectFamily, FitData, TrainedModel
from plait.training.checkpoints.unfinished_run import UnfinishedRun
from plait.training.data.training_data import read_training_data
from plait.training.distributed.worker_rank import Worker
from plait.training.loop.training_progress import ReportProgress
from plait.training.loop.validate_model import validate_model
from plait.training.search_and_refit import search_or_refit
from plait.training.training_job import TrainingJob
from plait.training.training_provenance import describe_training, training_sizes


def fit_family(
    job: TrainingJob, worker: Worker, report: ReportProgress | None, run: UnfinishedRun
) -> TrainedModel | None:
    """Returns the trained model on rank 0, None on the others.

    Raises:
        ConfigError: there is no such family.
        Diverged: the training of the neural model diverged.
        TooFewEvents: there is not enough data for the split.
    """
    family = find_family(job.training.family)
    if not isinstance(family, DirectFamily):
        return search_or_refit(job, worker, report, run)
    return _fit_at_once(family, job) if worker.is_first else None


def _fit_at_once(family: DirectFamily, job: TrainingJob) -> TrainedModel:
    """Returns the model with its metrics, fitted on the training part or, with `refit`, on all."""
    start = time.perf_counter()
    if job.refit:
        job = replace(job, training=job.training.model_copy(update={"split": NothingHeldOut.name}))
    data = read_training_data(job, job.training.split)
    model = family.fit(FitData(data.vocabulary, data.history, describe_training(job, data, {})))
    found = {} if data.validation is None else validate_model(model, data.validation)
    metrics: dict[str, Any] = {
        "validation": {name: round(value, 5) for name, value in found.items()},
        "seconds": round(time.perf_counter() - start, 1),
        **training_sizes(data),
    }
    model.metrics = metrics
    return model
