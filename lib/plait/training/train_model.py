"""`plait train`: one run with Ray Train's TorchTrainer, from a store version to the registry."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.config import Project, load_config
from plait.config.parse_project import parse_training
from plait.errors import ConfigError
from plait.progress import ProgressTask, track_progress
from plait.training.ray.ray_session import (
    cpus_per_node,
    gpu_count,
    is_connected,
    quiet_ray,
    ray_session,
)
from plait.training.ray.worker_failure import failure_cause
from plait.training.ray.worker_scale import WorkerScale
from plait.training.training_job import TrainingJob

if TYPE_CHECKING:
    from plait.training.checkpoints.unfinished_run import UnfinishedRun

# Timeout in seconds of a collective. It is long because the other workers wait while rank 0
# chooses the item-item weights.
PROCESS_GROUP_TIMEOUT_S = 1800


@dataclass(frozen=True)
class TrainResult:
    """A published version and facts about its training.

    Attributes:
        model: name in the registry.
        version: v1, v2, ...
        family: the model family.
        split: the fold rule of the hold-out.
        store_version: the store version that it was trained on.
        platforms: the platforms that it knows.
        terms: the terms of its scores.
        item_item: weight of the neural model's item-item term, per platform.
        metrics: as in its metrics.json.
    """

    model: str
    version: str
    family: str
    split: str
    store_version: int
    platforms: list[str]
    terms: list[str]
    item_item: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns the result as JSON values."""
        return asdict(self)


def train(
    project: Project | str | Path,
    *,
    workers: int | str | tuple[int, int] = 1,
    refit: bool = False,
    platforms: Sequence[str] = (),
    resume: bool = False,
    max_failures: int = 0,
    checkpoint_every: float = 60.0,
    **settings: Any,
) -> TrainResult:
    """Trains the project's model and publishes it as a new version.

    Args:
        project: the project, or its file.
        workers: the number of worker processes, which share every batch. "2:4" or (2, 4) is a
            range: the run uses as many workers as the cluster has room for at any time.
        refit: train on all data, for the number of epochs that an earlier version found. If
            there is none, a search runs first.
        platforms: the platforms that the version may see; default: all. It holds out the same
            targets as a version of all platforms. So `plait evaluate --against` can measure
            what the other platforms add.
        resume: resume an unfinished run with these settings from its last checkpoint, on the
            store version that it began with.
        max_failures: how often the run may lose workers and continue on new ones; -1: no
            limit. Workers lost to preemption are not counted.
        checkpoint_every: seconds between checkpoints, in addition to one after each epoch.
        **settings: overrides of the project's `train` settings, such as epochs=3.

    Raises:
        ConfigError: a setting is outside its range.
        Diverged: a loss, gradient, weight or score is not finite, or the model is far worse
            than guessing.
        NothingFused: there is nothing to train on yet.
        NothingToResume: no unfinished run has these settings.
        RunFailed: workers were lost more than `max_failures` times.
        TooFewEvents: there is not enough to learn from.
        UnknownPlatform: the project lacks one of `platforms`.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    given = {name: value for name, value in settings.items() if value is not None}
    training = parse_training(project.train.model_dump() | given)
    from plait.models.families import find_family

    find_family(training.family)  # before any worker starts
    scale = WorkerScale.of(workers)
    if max_failures < -1:
        raise ConfigError(f"max failures is {max_failures}.", allowed="-1 (no limit), 0 or more.")
    if not 0 <= checkpoint_every < float("inf"):
        raise ConfigError(
            f"the time between checkpoints is {checkpoint_every}.", allowed="0 seconds or more."
        )
    job = TrainingJob.for_project(
        project, training, refit, scale.threads_per_worker(), platforms, checkpoint_every
    )
    job, run = _start_or_resume(job, resume)
    with track_progress("train", unit="targets") as work:
        # One worker and no cluster: TorchTrainer runs it in this process, without starting Ray.
        if scale.max_workers == 1 and not max_failures and not is_connected():
            record = _train_in_process(job, work)
        else:
            record = _train_on_ray(job, scale, max_failures, work)
    run.clear()  # only now: a run that resumes earlier must find what it has published
    names = [one.name for one in fields(TrainResult) if one.name in record]
    known = {name: record.pop(name) for name in names}
    return TrainResult(**known, metrics=record)


def _start_or_resume(job: TrainingJob, resume: bool) -> tuple[TrainingJob, UnfinishedRun]:
    """Returns the job and its run, which is new or, with `resume`, the unfinished one."""
    from plait.store.require_events import require_events
    from plait.store.require_writable import require_writable
    from plait.training.checkpoints.unfinished_run import UnfinishedRun, resume_job

    job = resume_job(job) if resume else job
    store, version = job.open_store()
    require_events(version)
    require_writable(store)
    run = UnfinishedRun(store.objects, job)
    if not resume:
        run.start()
    return job, run


def _train_in_process(job: TrainingJob, work: ProgressTask) -> dict[str, Any]:
    """Runs the job with TorchTrainer in this process."""
    quiet_ray()
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    from plait.training.distributed.worker_rank import local_worker
    from plait.training.loop.training_progress import show_progress
    from plait.training.ray.train_worker import run_training_job

    def work_here() -> Any:
        return run_training_job(job, local_worker(), lambda progress: show_progress(work, progress))

    trainer: Any = TorchTrainer(
        work_here,
        scaling_config=ScalingConfig(num_workers=0),
        run_config=RunConfig(name=f"plait-{job.model}"),
    )
    return _checked_record(trainer.fit().return_value)


def _train_on_ray(
    job: TrainingJob, scale: WorkerScale, max_failures: int, work: ProgressTask
) -> dict[str, Any]:
    """Runs the job with TorchTrainer on Ray workers, in a local Ray or on a cluster."""
    # Ray's messages about lost workers must not mix with the command's own output.
    with redirect_stdout(sys.stderr), ray_session(scale.max_workers * job.threads) as ours:
        from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.torch import TorchConfig, TorchTrainer

        from plait.training.ray.progress_actor import start_progress_actor, watch_progress
        from plait.training.ray.report_relay import ReportRelay
        from plait.training.ray.train_worker import train_worker

        if not ours:  # the cluster's nodes train, not this machine
            job = replace(job, threads=scale.threads_per_worker(cpus_per_node()))
        use_gpu = gpu_count() >= scale.min_workers
        board = start_progress_actor()
        with tempfile.TemporaryDirectory(prefix="plait-train-") as folder:
            worker: Any = train_worker
            callback: Any = ReportRelay(board)
            number: Any = scale.num_workers()
            trainer: Any = TorchTrainer(
                worker,
                train_loop_config={"job": job.as_config(), "use_gpu": use_gpu},
                scaling_config=ScalingConfig(
                    num_workers=number,
                    use_gpu=use_gpu,
                    resources_per_worker={"CPU": job.threads} | ({"GPU": 1} if use_gpu else {}),
                ),
                run_config=RunConfig(
                    name=f"plait-{job.model}",
                    storage_path=folder if ours else None,
                    callbacks=[callback],
                    failure_config=FailureConfig(max_failures=max_failures),
                ),
                torch_config=TorchConfig(
                    backend="nccl" if use_gpu else "gloo", timeout_s=PROCESS_GROUP_TIMEOUT_S
                ),
            )
            try:
                with watch_progress(board, work):
                    return _checked_record(trainer.fit().return_value)
            except TrainingFailedError as error:
                raise failure_cause(error) from None


def _checked_record(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):  # pragma: no cover - Ray returns rank 0's value
        msg = f"the training run returned {type(value).__name__}"
        raise TypeError(msg)
    return value
