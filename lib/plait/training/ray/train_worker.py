"""What runs on each worker of a training run."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from plait.models.family import TrainedModel
from plait.store import Registry
from plait.training.checkpoints.unfinished_run import UnfinishedRun
from plait.training.distributed.worker_rank import Worker
from plait.training.fit_family import fit_family
from plait.training.loop.training_progress import ReportProgress
from plait.training.training_job import TrainingJob


def train_worker(config: dict[str, Any]) -> dict[str, Any] | None:
    """Trains as one worker of a Ray Train run; rank 0 publishes the version.

    After Ray lost a worker or changed their number, it calls this again on a new group of
    workers. The run then resumes from the last checkpoint. Progress goes through
    `ray.train.report`, at the same steps on every worker, as Ray requires.
    """
    import ray.train

    context = ray.train.get_context()
    on_gpu = torch.cuda.is_available() and config["use_gpu"]
    device = torch.device("cuda" if on_gpu else "cpu")
    worker = Worker(device, context.get_world_rank(), context.get_world_size())
    return run_training_job(
        TrainingJob.from_config(config["job"]), worker, lambda p: ray.train.report(asdict(p))
    )


def run_training_job(
    job: TrainingJob, worker: Worker, report: ReportProgress | None
) -> dict[str, Any] | None:
    """Trains and publishes; returns the published record on rank 0, None on the others."""
    torch.set_num_threads(job.threads)
    run = UnfinishedRun(job.open_store()[0].objects, job)
    model = fit_family(job, worker, report, run)
    if model is None:
        return None
    return publish_model(job, model, run.run_id())


def publish_model(job: TrainingJob, model: TrainedModel, run_id: str) -> dict[str, Any]:
    """Publishes `model` and returns the version's record.

    Publishing the same `run_id` again returns the same version.
    """
    store, _ = job.open_store()
    with tempfile.TemporaryDirectory(prefix="plait-model-") as folder:
        model.save(Path(folder))
        version = Registry(store).publish(job.model, Path(folder), run_id)
    return {
        "model": job.model,
        "version": version,
        "family": job.training.family,
        "split": model.provenance.split,
        "store_version": job.store_version,
        "platforms": list(model.platforms),
        **model.describe(),
        **model.metrics,
    }
