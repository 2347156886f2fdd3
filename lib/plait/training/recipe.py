"""How a model is made from data: search with something held out, or refit on everything."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import torch

from plait.config.training import Training
from plait.contracts.vocabulary import STRENGTH
from plait.errors import NoModel
from plait.model.artifact import CONFIG, Model, Provenance
from plait.model.neighbours import ItemItem
from plait.store import Registry
from plait.training.blend import choose_weights
from plait.training.code import code_version
from plait.training.data import TrainingData, prepare
from plait.training.hyper import Hyper, choose
from plait.training.job import Job
from plait.training.loop import Fitted, Report, fit


@dataclass(frozen=True)
class Found:
    """What a search with held-out data found: when to stop, and the item-item weights."""

    hyper: Hyper
    epoch: int
    weights: dict[str, float]
    metrics: dict[str, float]
    source: str


@dataclass(frozen=True)
class Worker:
    """This process's place in the run."""

    device: torch.device
    rank: int = 0
    workers: int = 1


def this_process() -> Worker:
    """Returns the only worker of a run in this process: on a GPU where there is one."""
    return Worker(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def make_model(job: Job, worker: Worker, report: Report | None) -> Model | None:
    """Returns the trained model on the first worker, None on the others.

    Raises:
        TooFewEvents: there is not enough data for the split.
    """
    if job.refit:
        found = earlier(job) or _search(job, worker, report)[0]
        return _refit(job, worker, found, report)
    found, data, fitted = _search(job, worker, report)
    if worker.rank:
        return None
    term = ItemItem.build(data.history, len(data.vocabulary), found.weights)
    return _assemble(job, worker, data, fitted, found, term)


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


def _search(job: Job, worker: Worker, report: Report | None) -> tuple[Found, TrainingData, Fitted]:
    data = read(job, job.training.split, Hyper.bins)
    hyper = chosen(job.training, data)
    fitted = fit(
        data, hyper, device=worker.device, rank=worker.rank, workers=worker.workers, report=report
    )
    weights, metrics = dict.fromkeys(job.seen, 0.0), dict(fitted.metrics)
    if data.validation is not None and worker.rank == 0:
        term, metrics = choose_weights(fitted.net, data, data.validation)
        weights = term.weights
    elif data.validation is None:
        weights = dict.fromkeys(job.seen, 0.5)
    return Found(hyper, fitted.epoch, weights, metrics, "search"), data, fitted


def _refit(job: Job, worker: Worker, found: Found, report: Report | None) -> Model | None:
    data = read(job, "none", found.hyper.bins)
    fitted = fit(
        data,
        found.hyper,
        stop=found.epoch,
        device=worker.device,
        rank=worker.rank,
        workers=worker.workers,
        report=report,
    )
    if worker.rank:
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
        "workers": worker.workers,
        "people": int((data.history.lengths > 0).sum()),
        "events": len(data.history.item),
        "items": len(data.vocabulary) - 1,
    }
    net = fitted.net.to(torch.device("cpu"))
    return Model(net, data.vocabulary, term, settings, metrics)
