"""A run that is stopped goes on as if it had not been."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from plait.config.project_sections import Training
from plait.errors import NothingToResume, StoreError
from plait.features.folds import LeaveOneOut
from plait.store import Store
from plait.store.store_objects import write_object
from plait.training.checkpoints.checkpoint import Checkpoint
from plait.training.checkpoints.checkpoint_writer import CheckpointWriter
from plait.training.checkpoints.unfinished_run import CheckpointPlace, UnfinishedRun, resume_job
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.distributed.worker_rank import SINGLE_WORKER
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.train_state import TrainState
from plait.training.loop.training_loop import FittedNet, fit
from plait.training.loop.training_progress import TrainingProgress
from plait.training.training_job import TrainingJob

from .tiny import PLATFORMS, tiny_items, tiny_sequences


class Killed(Exception):
    pass


class FailsAt(CheckpointWriter):
    """A checkpoint after every step, and the end after the one of step `stop`."""

    stop = 0

    def is_due(self, seconds: float) -> bool:
        return True

    def write(self, state: TrainState) -> None:
        super().write(state)
        if state.step >= self.stop:
            raise Killed


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences(120)
    return prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)


@pytest.fixture(scope="module")
def hyper() -> HyperParameters:
    small = choose_hyper_parameters(
        Training(epochs=3, dimensions=8, batch_size=20, dropout=0.3), 120, 1000
    )
    return replace(small, full_softmax=0, negatives=20)


@pytest.fixture(scope="module")
def whole(data: TrainingData, hyper: HyperParameters) -> FittedNet:
    """A run that nobody stopped."""
    return fit(data, hyper)


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    return TrainingJob(
        store=str(tmp_path), store_version=3, model="default", platforms=PLATFORMS,
        sequence_length=12, training=Training(epochs=3), cut=None, refit=False, threads=1,
    )  # fmt: skip


def run_of(job: TrainingJob) -> UnfinishedRun:
    return UnfinishedRun(Store(job.store).objects, job)


def same_weights(one: FittedNet, other: FittedNet) -> None:
    for a, b in zip(one.net.parameters(), other.net.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize("stop", [1, 6, 11])
def test_a_run_stopped_at_any_step_goes_on_to_the_same_weights(
    data: TrainingData, hyper: HyperParameters, job: TrainingJob, whole: FittedNet, stop: int
) -> None:
    run = run_of(job)
    run.start()
    checkpoints = FailsAt(run, SINGLE_WORKER, "search", 0)
    checkpoints.stop = stop
    with pytest.raises(Killed):
        fit(data, hyper, checkpoints=checkpoints)
    assert run.places()[-1] == CheckpointPlace(0, stop)
    told: list[TrainingProgress] = []
    again = fit(
        data,
        hyper,
        checkpoints=CheckpointWriter(run, SINGLE_WORKER, "search", 60),
        report=told.append,
    )
    same_weights(whole, again)
    assert whole.curve == again.curve
    assert whole.targets == again.targets
    assert (whole.epoch, whole.metrics) == (again.epoch, again.metrics)
    assert told[0].targets > data.weight.astype(bool).sum() * (stop // 6)


def test_a_finished_run_goes_on_to_nothing(
    data: TrainingData, hyper: HyperParameters, job: TrainingJob
) -> None:
    run = run_of(job)
    run.start()
    checkpoints = CheckpointWriter(run, SINGLE_WORKER, "search", 60)
    whole = fit(data, hyper, checkpoints=checkpoints)
    steps = run.places()[-1].step
    again = fit(data, replace(hyper, patience=0), checkpoints=checkpoints)
    same_weights(whole, again)
    assert run.places()[-1].step == steps
    assert again.epoch == whole.epoch


def test_only_the_last_checkpoints_are_kept_and_the_stage_counts(
    job: TrainingJob, either_store: Store
) -> None:
    run = UnfinishedRun(either_store.objects, job)
    run.start()
    for place in (CheckpointPlace(0, 9), CheckpointPlace(0, 80), CheckpointPlace(1, 5)):
        run.write(place, Checkpoint({"net/a": torch.ones(2)}, {"step": place.step}, {"epoch": 2}))
    assert run.places() == [CheckpointPlace(0, 80), CheckpointPlace(1, 5)]
    last = run.read(run.places()[-1])
    assert last.values == {"step": 5}
    assert last.search_result == {"epoch": 2}
    assert last.tensors["net/a"].tolist() == [1, 1]
    run.clear()
    assert run.places() == []


def test_two_runs_of_the_same_settings_have_two_names(job: TrainingJob) -> None:
    run = run_of(job)
    run.start()
    first = run.run_id()
    assert first == run_of(job).run_id() != ""
    run.start()
    assert run.run_id() != first


def test_what_is_no_checkpoint_is_refused(job: TrainingJob) -> None:
    run = run_of(job)
    run.start()
    whole = Checkpoint({"net/a": torch.ones(200)}, {}).to_bytes()
    for data in (b"", whole[:50], whole[:-9], b"x" * 100):
        with pytest.raises(StoreError, match="cannot be read"):
            Checkpoint.from_bytes(data, "runs/x")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_checkpoint_that_is_not_finite_is_neither_written_nor_read(value: float) -> None:
    broken = Checkpoint({"net/a": torch.tensor([1.0, value])}, {}).to_bytes()
    with pytest.raises(StoreError, match=r"'net/a' is not finite.*without --resume"):
        Checkpoint.from_bytes(broken, "runs/x")
    with pytest.raises(ValueError, match="not JSON compliant"):
        Checkpoint({}, {"loss": value}).to_bytes()


@pytest.mark.parametrize("name", ["net/../../etc/passwd", "net", "", "/net/a", "best\\x"])
def test_a_checkpoint_of_something_else_is_refused(
    data: TrainingData, hyper: HyperParameters, job: TrainingJob, name: str
) -> None:
    run = run_of(job)
    run.start()
    run.write(CheckpointPlace(0, 2), Checkpoint({name: torch.ones(2)}, {"step": 2}))
    with pytest.raises(StoreError, match=r"0-0000000002\.safetensors' cannot be read"):
        fit(data, hyper, checkpoints=CheckpointWriter(run, SINGLE_WORKER, "search", 60))


def test_what_lies_beside_the_checkpoints_is_none_of_them(job: TrainingJob) -> None:
    run = run_of(job)
    run.start()
    write_object(Store(job.store).objects, f"{run.folder}/backup.safetensors", b"x")
    write_object(Store(job.store).objects, f"{run.folder}/9-0000000001.safetensors", b"x")
    assert run.places() == []
    write_object(Store(job.store).objects, f"{run.folder}/job.json", b"[1, 2")
    with pytest.raises(StoreError, match=r"job\.json.*cannot be read"):
        resume_job(job)


def test_there_must_be_a_run_with_the_same_settings(job: TrainingJob) -> None:
    with pytest.raises(NothingToResume, match="no unfinished run of model 'default'"):
        resume_job(job)
    run_of(job).start()
    other = replace(job, training=Training(epochs=5))
    with pytest.raises(NothingToResume, match="epochs was 3, now 5"):
        resume_job(other)
    # Where and how fast it runs may change, and so may the newest store version.
    later = replace(job, store_version=4, threads=7, checkpoint_every=1)
    assert resume_job(later) == replace(later, store_version=3)


def test_a_new_run_finds_nothing_of_an_old_one(job: TrainingJob) -> None:
    run = run_of(job)
    run.start()
    run.write(CheckpointPlace(0, 9), Checkpoint({"net/a": torch.ones(2)}, {}))
    run.start()
    assert run.places() == []
    assert resume_job(job) == job
