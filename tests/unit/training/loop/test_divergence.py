"""A run that diverges ends in a sentence, publishes nothing and keeps its good checkpoints."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from ray.exceptions import ActorDiedError
from ray.train.v2.api.exceptions import ControllerError, WorkerGroupError

from plait.config.parse_project import parse_training
from plait.config.project_sections import Training
from plait.errors import ConfigError, Diverged, NotFinite, StoreError
from plait.features.folds import LeaveOneOut
from plait.features.holdout import HeldOutTargets
from plait.models.family import Provenance
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.neural_model import NeuralModel
from plait.store import Store
from plait.training.checkpoints.checkpoint_writer import CheckpointWriter
from plait.training.checkpoints.unfinished_run import UnfinishedRun
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.distributed.worker_rank import SINGLE_WORKER
from plait.training.loop import training_loop
from plait.training.loop.early_stopping import EarlyStopping
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.training_loop import build_net, fit
from plait.training.loop.validate_model import validate_model
from plait.training.ray.report_relay import ReportRelay
from plait.training.ray.worker_failure import failure_cause, unrecoverable_error
from plait.training.training_job import TrainingJob
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences(60)
    return prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)


@pytest.fixture(scope="module")
def hyper() -> HyperParameters:
    return choose_hyper_parameters(Training(epochs=2, dimensions=8, batch_size=20), 60, 500)


@pytest.fixture
def checkpoints(tmp_path: Path) -> CheckpointWriter:
    job = TrainingJob(
        store=str(tmp_path), store_version=1, model="default", platforms=PLATFORMS,
        sequence_length=12, training=Training(), cut=None, refit=False, threads=1,
    )  # fmt: skip
    run = UnfinishedRun(Store(job.store).objects, job)
    run.start()
    return CheckpointWriter(run, SINGLE_WORKER, "search", 0)


@pytest.mark.parametrize(
    ("settings", "lower"),
    [
        ({"learning_rate": 1e30}, "train.learning_rate: 0.004"),
        ({"learning_rate": 1e30, "weight_decay": 0.0}, "train.learning_rate: 0.004"),
        ({"learning_rate": 1e3, "weight_decay": 0.0}, "train.learning_rate: 0.004"),
        ({"learning_rate": 100.0, "weight_decay": 0.0}, "train.learning_rate: 0.004"),
        ({"weight_decay": 1e30}, "train.weight_decay: 0.5"),
        # One step: what it did is seen by no loss of a later one.
        ({"learning_rate": 1e30, "batch_size": 100, "epochs": 1}, "train.learning_rate: 0.004"),
        ({"learning_rate": 1e3, "batch_size": 100, "epochs": 1}, "train.learning_rate: 0.004"),
    ],
)
def test_it_ends_in_a_sentence_with_the_step_and_the_setting(
    data: TrainingData, hyper: HyperParameters, settings: dict[str, float], lower: str
) -> None:
    for case in (data, replace(data, validation=None)):
        with pytest.raises(Diverged, match=r"at step \d+ \(step \d of \d of epoch 1\)") as caught:
            fit(case, replace(hyper, **settings))
        assert lower in caught.value.fix


@pytest.mark.parametrize(("what", "value"), [("loss", math.nan), ("loss", math.inf)])
def test_the_step_is_the_one_that_was_not_finite(
    data: TrainingData,
    hyper: HyperParameters,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    value: float,
) -> None:
    monkeypatch.setattr(
        training_loop, "step_loss", lambda net, p: step_loss(net, p) + (value if p.step == 4 else 0)
    )
    with pytest.raises(Diverged, match=rf"the {what} is {value} at step 5 \(step 2 of 3 of epoch"):
        fit(data, hyper)


def test_a_gradient_that_is_not_finite_ends_it_though_the_loss_is(
    data: TrainingData, hyper: HyperParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steep(net, micro_batch):
        loss = step_loss(net, micro_batch)
        return loss + (torch.sqrt(loss - loss.detach()) if micro_batch.step == 3 else 0)

    monkeypatch.setattr(training_loop, "step_loss", steep)
    with pytest.raises(Diverged, match="the norm of the gradient is nan at step 4"):
        fit(data, hyper)


def test_a_broken_state_never_becomes_a_checkpoint(
    data: TrainingData,
    hyper: HyperParameters,
    checkpoints: CheckpointWriter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = training_loop._train_step

    def breaks(state, micro_batch, *rest):
        fault = train(state, micro_batch, *rest)
        if state.step == 2:  # as an update that overflows does
            next(iter(state.ema.net.parameters())).data[0] = math.inf
        return fault

    monkeypatch.setattr(training_loop, "_train_step", breaks)
    with pytest.raises(Diverged, match=r"'average/.*' is not finite at step 2"):
        fit(data, hyper, checkpoints=checkpoints)
    assert [place.step for place in checkpoints._run.places()] == [1]
    checkpoint = checkpoints._run.read(checkpoints._run.places()[-1])
    assert all(torch.isfinite(t).all() for t in checkpoint.tensors.values())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_validation_refuses_scores_that_are_not_finite(
    data: TrainingData, hyper: HyperParameters, value: float
) -> None:
    net = build_net(data, hyper)
    with torch.no_grad():
        net.items.embedding.weight[-1] = value
    model = NeuralModel(
        net, data.vocabulary, ItemItemTerm.empty(len(data.vocabulary)), Provenance()
    )
    assert isinstance(data.validation, HeldOutTargets)
    with pytest.raises(NotFinite, match="are not finite"):
        validate_model(model, data.validation)


def test_early_stopping_never_prefers_what_is_no_number(
    data: TrainingData, hyper: HyperParameters
) -> None:
    net, best = build_net(data, hyper), EarlyStopping(patience=2)
    best.update(net, 1, {"mrr": math.nan})
    assert (best.epoch, best.best_weights) == (0, {})
    best.update(net, 2, {"mrr": 0.25})
    best.update(net, 3, {"mrr": math.nan})
    assert best.epoch == 2
    assert not best.should_stop
    best.update(net, 4, {"mrr": math.nan})
    assert best.should_stop
    assert best.metrics == {"mrr": 0.25}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", math.nan), ("learning_rate", math.inf), ("learning_rate", -0.1),
        ("learning_rate", 0), ("learning_rate", "nan"), ("weight_decay", math.inf),
        ("weight_decay", -1), ("dropout", 1), ("dropout", math.nan), ("item_dropout", math.nan),
        ("seed", -1), ("epochs", 0), ("split", "both"), ("lerning_rate", 1),
    ],
)  # fmt: skip
def test_settings_that_no_run_can_have_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        parse_training({name: value})


def test_nearly_everything_may_be_dropped(data: TrainingData, hyper: HyperParameters) -> None:
    assert math.isfinite(fit(data, replace(hyper, epochs=1, dropout=0.9999)).metrics["mrr"])


def test_ray_does_not_try_again_what_would_diverge_again() -> None:
    error, lost, down = Diverged("the loss is nan"), ActorDiedError(), StoreError("no answer")
    assert unrecoverable_error([lost, error]) is error
    assert unrecoverable_error([lost, down]) is None
    with pytest.raises(Diverged):
        ReportRelay(None).after_exception(None, {0: lost, 1: error})
    ReportRelay(None).after_exception(None, {0: lost, 1: down})
    assert failure_cause(ControllerError(error)) is error
    assert failure_cause(WorkerGroupError("one", {0: lost, 1: down})) is down
