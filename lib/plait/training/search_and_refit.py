"""Trains the neural model: a search with held-out data, or a refit on everything."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from plait.config.project_sections import Training
from plait.errors import Diverged, NoModel
from plait.features.folds import NothingHeldOut, fold_rule
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.model_files import CONFIG, NEURAL
from plait.models.neural.neural_model import NeuralModel
from plait.store import Registry
from plait.training.checkpoints.checkpoint_writer import CheckpointWriter, last_place
from plait.training.checkpoints.unfinished_run import STAGES, UnfinishedRun
from plait.training.data.training_data import TrainingData, read_training_data
from plait.training.distributed.worker_rank import Worker
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.item_item_weights import choose_item_item_weights
from plait.training.loop.training_loop import FittedNet, fit
from plait.training.loop.training_progress import ReportProgress
from plait.training.training_job import TrainingJob
from plait.training.training_provenance import describe_training, training_sizes


@dataclass(frozen=True)
class SearchResult:
    """The result of a search with held-out data.

    Attributes:
        hyper: the hyper-parameters of the search.
        epoch: the best epoch, at which a refit stops.
        weights: item-item weight per platform.
        metrics: validation metrics of the best epoch.
        source: "search", or the version whose search it was.
    """

    hyper: HyperParameters
    epoch: int
    weights: dict[str, float]
    metrics: dict[str, float]
    source: str

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> SearchResult:
        """Returns the result from `raw`, the output of `dataclasses.asdict`."""
        return cls(**(raw | {"hyper": HyperParameters(**raw["hyper"])}))


def search_or_refit(
    job: TrainingJob, worker: Worker, report: ReportProgress | None, run: UnfinishedRun
) -> NeuralModel | None:
    """Returns the trained model on rank 0, None on the others.

    Resumes from the last checkpoint of `run`, if it has one.

    Raises:
        Diverged: a loss, gradient, weight or score is not finite, or the model is far worse
            than guessing.
        TooFewEvents: there is not enough data for the split.
    """
    if job.refit:
        found = _unfinished_refit_result(run, worker) or current_version_result(job)
        if found is None:
            found = _search(job, worker, report, run)[0]
        return _refit(job, worker, found, report, run)
    found, data, fitted = _search(job, worker, report, run)
    if not worker.is_first:
        return None
    term = ItemItemTerm.build(data.history, len(data.vocabulary), found.weights)
    return _assemble_model(job, worker, data, fitted, found, term)


def _unfinished_refit_result(run: UnfinishedRun, worker: Worker) -> SearchResult | None:
    """Returns the result of the search before an unfinished refit; None if there is none."""
    place = last_place(run, worker)
    if place is None or STAGES[place.stage] != "refit":
        return None
    found = run.read(place).search_result
    return None if found is None else SearchResult.from_json(found)


def current_version_result(job: TrainingJob) -> SearchResult | None:
    """Returns the search result of the current version, if a refit can use it.

    None unless it is a neural model of the same platforms that was trained with held-out data.
    """
    registry = Registry(job.open_store()[0])
    try:
        version, folder = registry.fetch(job.model)
    except NoModel:
        return None
    config = json.loads((folder / CONFIG).read_text())
    if config.get("family", NEURAL) != NEURAL:
        return None
    training = config["training"]
    same = tuple(config["net"]["platforms"]) == job.visible_platforms
    held_out = fold_rule(training["split"]).held_out
    if not same or held_out is None or "epoch" not in training["hyper"]:
        return None
    hyper = dict(training["hyper"])
    epoch = int(hyper.pop("epoch"))
    return SearchResult(HyperParameters(**hyper), epoch, config["item_item"], {}, version)


def _search(
    job: TrainingJob, worker: Worker, report: ReportProgress | None, run: UnfinishedRun
) -> tuple[SearchResult, TrainingData, FittedNet]:
    data = read_training_data(job, job.training.split)
    hyper = hyper_parameters_for(job.training, data)
    checkpoints = CheckpointWriter(run, worker, "search", job.checkpoint_every)
    fitted = fit(data, hyper, worker=worker, report=report, checkpoints=checkpoints)
    weights, metrics = dict.fromkeys(job.visible_platforms, 0.0), dict(fitted.metrics)
    if data.validation is not None and worker.is_first:
        term, metrics = choose_item_item_weights(fitted.net, data, data.validation)
        weights = term.weights
    elif data.validation is None:
        weights = dict.fromkeys(job.visible_platforms, 0.5)
    return SearchResult(hyper, fitted.epoch, weights, metrics, "search"), data, fitted


def _refit(
    job: TrainingJob,
    worker: Worker,
    found: SearchResult,
    report: ReportProgress | None,
    run: UnfinishedRun,
) -> NeuralModel | None:
    data = read_training_data(job, NothingHeldOut.name, found.hyper.bins)
    checkpoints = CheckpointWriter(run, worker, "refit", job.checkpoint_every, asdict(found))
    try:
        fitted = fit(
            data,
            found.hyper,
            stop=found.epoch,
            worker=worker,
            report=report,
            checkpoints=checkpoints,
        )
    except Diverged as error:
        if found.source == "search":
            raise
        raise Diverged(
            f"{error.seen} Its settings are those of version {found.source}.",
            fix=f"{error.fix.split(', and run')[0]}, then run `plait train`, `plait promote` and "
            "`plait train --refit`.",
        ) from None
    if not worker.is_first:
        return None
    term = ItemItemTerm.build(data.history, len(data.vocabulary), found.weights)
    refitted = replace(job, training=job.training.model_copy(update={"split": NothingHeldOut.name}))
    return _assemble_model(refitted, worker, data, fitted, found, term)


def hyper_parameters_for(training: Training, data: TrainingData) -> HyperParameters:
    """Returns the hyper-parameters for `data`, with those that `training` sets."""
    return choose_hyper_parameters(training, len(data.history), int((data.weight > 0).sum()))


def _assemble_model(
    job: TrainingJob,
    worker: Worker,
    data: TrainingData,
    fitted: FittedNet,
    found: SearchResult,
    term: ItemItemTerm,
) -> NeuralModel:
    hyper = found.hyper.as_json() | {"epoch": found.epoch}
    metrics: dict[str, Any] = {
        "validation": {name: round(value, 5) for name, value in found.metrics.items()},
        "epochs": fitted.epoch,
        "seconds": round(fitted.seconds, 1),
        "targets_per_s": round(fitted.targets / max(fitted.seconds, 1e-9)),
        "loader_share": round(fitted.loader_share, 4),
        "loss_curve": fitted.curve,
        "workers": worker.world_size,
        **training_sizes(data),
    }
    net = fitted.net.to(torch.device("cpu"))
    made = describe_training(job, data, hyper)
    return NeuralModel(net, data.vocabulary, term, made, metrics, data.item_attributes.codes)
