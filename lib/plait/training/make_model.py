"""How a model is made from data: search with something held out, or refit on everything."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from plait.config.training import Training
from plait.contracts.event_types import STRENGTH
from plait.errors import Diverged, NoModel
from plait.models.item_item.item_item_term import ItemItem
from plait.models.neural.neural_model import CONFIG, Model, Provenance
from plait.store import Registry
from plait.training.checkpoints.checkpoint_writer import Keeper, last_mark
from plait.training.checkpoints.unfinished_run import STAGES, UnfinishedRun
from plait.training.code import code_version
from plait.training.data.training_data import TrainingData, prepare
from plait.training.distributed.worker_rank import Worker
from plait.training.loop.hyper_parameters import Hyper, choose
from plait.training.loop.item_item_weights import choose_weights
from plait.training.loop.training_loop import Fitted, fit
from plait.training.loop.training_progress import Report
from plait.training.training_job import Job


@dataclass(frozen=True)
class Found:
    """What a search with held-out data found: when to stop, and the item-item weights."""

    hyper: Hyper
    epoch: int
    weights: dict[str, float]
    metrics: dict[str, float]
    source: str

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Found:
        """Returns what `dataclasses.asdict` made plain."""
        return cls(**(raw | {"hyper": Hyper(**raw["hyper"])}))


def make_model(job: Job, worker: Worker, report: Report | None, run: UnfinishedRun) -> Model | None:
    """Returns the trained model on the first worker, None on the others.

    Goes on from the last checkpoint of `run`, if it has one.

    Raises:
        Diverged: the loss, or what came of it, is not finite or far worse than guessing.
        TooFewEvents: there is not enough data for the split.
    """
    if job.refit:
        found = _begun(run, worker) or earlier(job)
        if found is None:
            found = _search(job, worker, report, run)[0]
        return _refit(job, worker, found, report, run)
    found, data, fitted = _search(job, worker, report, run)
    if not worker.first:
        return None
    term = ItemItem.build(data.history, len(data.vocabulary), found.weights)
    return _assemble(job, worker, data, fitted, found, term)


def _begun(run: UnfinishedRun, worker: Worker) -> Found | None:
    """Returns what the search before an unfinished refit found."""
    mark = last_mark(run, worker)
    if mark is None or STAGES[mark.stage] != "refit":
        return None
    found = run.read(mark).found
    return None if found is None else Found.from_json(found)


def earlier(job: Job) -> Found | None:
    """Returns what the current version found on the same platforms, if it held something out."""
    registry = Registry(job.open()[0])
    try:
        version, folder = registry.fetch(job.model)
    except NoModel:
        return None
    config = json.loads((folder / CONFIG).read_text())
    training = config["training"]
    same = tuple(config["net"]["platforms"]) == job.seen
    if not same or training["split"] == "none" or "epoch" not in training["hyper"]:
        return None
    hyper = dict(training["hyper"])
    epoch = int(hyper.pop("epoch"))
    return Found(Hyper(**hyper), epoch, config["item_item"], {}, version)


def read(job: Job, split: str, bins: int) -> TrainingData:
    """Returns the job's data, held out by `split`."""
    store, version = job.open()
    sequences, items = store.read("sequences", version), store.read("items", version)
    return prepare(sequences, items, job.platforms, split, job.cut, bins, job.only)


def _search(
    job: Job, worker: Worker, report: Report | None, run: UnfinishedRun
) -> tuple[Found, TrainingData, Fitted]:
    data = read(job, job.training.split, Hyper.bins)
    hyper = chosen(job.training, data)
    keeper = Keeper(run, worker, "search", job.checkpoint_every)
    fitted = fit(data, hyper, worker=worker, report=report, keeper=keeper)
    weights, metrics = dict.fromkeys(job.seen, 0.0), dict(fitted.metrics)
    if data.validation is not None and worker.first:
        term, metrics = choose_weights(fitted.net, data, data.validation)
        weights = term.weights
    elif data.validation is None:
        weights = dict.fromkeys(job.seen, 0.5)
    return Found(hyper, fitted.epoch, weights, metrics, "search"), data, fitted


def _refit(
    job: Job, worker: Worker, found: Found, report: Report | None, run: UnfinishedRun
) -> Model | None:
    data = read(job, "none", found.hyper.bins)
    keeper = Keeper(run, worker, "refit", job.checkpoint_every, asdict(found))
    try:
        fitted = fit(
            data, found.hyper, stop=found.epoch, worker=worker, report=report, keeper=keeper
        )
    except Diverged as error:
        if found.source == "search":
            raise
        raise Diverged(
            f"{error.seen} Its settings are those that {found.source} was trained with.",
            fix=f"{error.fix.split(', and run')[0]}, then run `plait train`, `plait promote` and "
            "`plait train --refit`.",
        ) from None
    if not worker.first:
        return None
    term = ItemItem.build(data.history, len(data.vocabulary), found.weights)
    refitted = replace(job, training=job.training.model_copy(update={"split": "none"}))
    return _assemble(refitted, worker, data, fitted, found, term)


def chosen(training: Training, data: TrainingData) -> Hyper:
    """Returns the hyper-parameters for the data."""
    return choose(training, len(data.history), int((data.weight > 0).sum()))


def _assemble(
    job: Job, worker: Worker, data: TrainingData, fitted: Fitted, found: Found, term: ItemItem
) -> Model:
    hyper = found.hyper.as_json() | {"epoch": found.epoch}
    settings = Provenance(
        split=job.training.split,
        cut=data.cut,
        store_version=job.store_version,
        sequence_length=job.sequence_length,
        strengths=STRENGTH,
        hyper=hyper,
        code=code_version(),
    )
    metrics: dict[str, Any] = {
        "validation": {name: round(value, 5) for name, value in found.metrics.items()},
        "epochs": fitted.epoch,
        "seconds": round(fitted.seconds, 1),
        "targets_per_s": round(fitted.targets / max(fitted.seconds, 1e-9)),
        "loader_share": round(fitted.waiting, 4),
        "loss_curve": fitted.curve,
        "workers": worker.workers,
        "people": int((data.history.lengths > 0).sum()),
        "events": len(data.history.item),
        "items": len(data.vocabulary) - 1,
    }
    net = fitted.net.to(torch.device("cpu"))
    return Model(net, data.vocabulary, term, settings, metrics)
