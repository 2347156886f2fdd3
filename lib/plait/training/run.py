"""`plait train`: one run through Ray Train's TorchTrainer, from store version to registry."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plait.config import Project, load_config
from plait.config.training import Training
from plait.errors import PlaitError
from plait.progress import Task, task
from plait.training.cluster import gpus, hush, is_connected, ray_running
from plait.training.job import Job

PATIENCE = 1800  # seconds a worker waits for the others; the first one validates alone


@dataclass(frozen=True)
class TrainResult:
    """A published version and how it came about; `metrics` as in its metrics.json."""

    model: str
    version: str
    split: str
    store_version: int
    terms: list[str]
    item_item: dict[str, float]
    metrics: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns the result as JSON values."""
        return asdict(self)


def train(
    project: Project | str | Path,
    *,
    workers: int = 1,
    refit: bool = False,
    platforms: Sequence[str] = (),
    **settings: Any,
) -> TrainResult:
    """Trains the project's model and publishes it as a new version.

    Args:
        project: the project, or its file.
        workers: processes that share every batch.
        refit: train on everything, for the number of epochs that an earlier version (or a
            search made first) found.
        platforms: what the version may see; default: all. It holds out what a version of all
            platforms holds out, so `plait evaluate --against` can say what the others are worth.
        **settings: overrides of the project's `train` settings, such as epochs=3.

    Raises:
        NothingFused: there is nothing to train on yet.
        TooFewEvents: there is not enough to learn from.
        UnknownPlatform: the project lacks one of `platforms`.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    given = {name: value for name, value in settings.items() if value is not None}
    training = Training.model_validate(project.train.model_dump() | given)
    cpus = os.cpu_count() or 1
    job = Job.of(project, training, refit, max(1, cpus // workers), platforms)
    with task("train", unit="targets") as work:
        # One worker and no cluster: TorchTrainer runs it in this process, without starting Ray.
        if workers == 1 and not is_connected():
            record = _run_here(job, work)
        else:
            record = _run_on_ray(job, workers, work)
    names = ("model", "version", "split", "store_version", "terms", "item_item")
    known = {name: record.pop(name) for name in names}
    return TrainResult(**known, metrics=record)


def _run_here(job: Job, work: Task) -> dict[str, Any]:
    """Runs the job by TorchTrainer in this process."""
    hush()
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    from plait.training.display import show
    from plait.training.recipe import this_process
    from plait.training.worker import run_job

    def work_here() -> Any:
        return run_job(job, this_process(), lambda progress: show(work, progress))

    trainer: Any = TorchTrainer(
        work_here,
        scaling_config=ScalingConfig(num_workers=0),
        run_config=RunConfig(name=f"plait-{job.model}"),
    )
    return _record(trainer.fit().return_value)


def _run_on_ray(job: Job, workers: int, work: Task) -> dict[str, Any]:
    """Runs the job by TorchTrainer on Ray workers, started here or on a cluster."""
    with ray_running(max(workers * job.threads, workers)) as ours:
        from ray.train import RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.torch import TorchConfig, TorchTrainer

        from plait.training.board import ToBoard, new_board, watched
        from plait.training.worker import train_worker

        use_gpu = gpus() >= workers
        board = new_board()
        with tempfile.TemporaryDirectory(prefix="plait-train-") as folder:
            worker: Any = train_worker
            callback: Any = ToBoard(board)
            trainer: Any = TorchTrainer(
                worker,
                train_loop_config={"job": job.as_config(), "use_gpu": use_gpu},
                scaling_config=ScalingConfig(
                    num_workers=workers,
                    use_gpu=use_gpu,
                    resources_per_worker={"CPU": job.threads} | ({"GPU": 1} if use_gpu else {}),
                ),
                run_config=RunConfig(
                    name=f"plait-{job.model}",
                    storage_path=folder if ours else None,
                    callbacks=[callback],
                ),
                torch_config=TorchConfig(backend="nccl" if use_gpu else "gloo", timeout_s=PATIENCE),
            )
            try:
                with watched(board, work):
                    return _record(trainer.fit().return_value)
            except TrainingFailedError as error:
                raise _cause(error) from None


def _cause(error: Exception) -> Exception:
    """Returns what went wrong on a worker in plait's own words, where it has any."""
    failures = getattr(error, "worker_failures", {}).values()
    for failure in failures:
        cause = getattr(failure, "cause", None) or failure
        for candidate in (failure, cause, getattr(failure, "__cause__", None)):
            if isinstance(candidate, PlaitError):
                return candidate
    return error


def _record(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):  # pragma: no cover - Ray returns the first worker's value
        msg = f"the training run returned {type(value).__name__}"
        raise TypeError(msg)
    return value
