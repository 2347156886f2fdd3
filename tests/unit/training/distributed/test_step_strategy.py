"""Gradients made another way: person by person, each clipped, as private training does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from plait.config.project_sections import Training
from plait.errors import Diverged, StoreError
from plait.features.folds import LeaveOneOut
from plait.models.neural.net import NeuralNet
from plait.store import Store
from plait.training.checkpoints.checkpoint_writer import CheckpointWriter
from plait.training.checkpoints.unfinished_run import UnfinishedRun
from plait.training.data.micro_batch import MicroBatch, build_micro_batch
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.distributed.data_parallel_step import DataParallelStep, all_reduce_gradients
from plait.training.distributed.step_strategy import MicroBatchLoss, StepStrategy, StepTotals
from plait.training.distributed.worker_rank import SINGLE_WORKER
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.train_state import TrainState
from plait.training.loop.training_loop import build_net, fit
from plait.training.training_job import TrainingJob
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences

# They add the same to all items, so the softmax does not see them: rounding alone moves them.
NO_GRADIENT = {"terms.popularity.value.2.bias", "terms.freshness.value.2.bias"}


def one_by_one(micro_batch: MicroBatch) -> list[MicroBatch]:
    """Returns the micro-batch once for each person with a target: no other's target weighs."""
    tokens, found = micro_batch.batch.tokens, micro_batch.platform_targets
    rows = [tokens.row[tokens.merged[one.event] - 1] for one in found]
    return [
        replace(micro_batch, platform_targets=tuple(
            replace(one, weight=one.weight * (row == person))
            for one, row in zip(found, rows, strict=True)
        ))
        for person in torch.cat(rows).unique()
    ]  # fmt: skip


class PersonClippedStep:
    """Clips what each person adds to the gradient to `most`; counts how often it did."""

    def __init__(self, most: float) -> None:
        self.most, self.clipped, self.people = most, 0, 0

    def backward(
        self, net: NeuralNet, micro_batch: MicroBatch, loss: MicroBatchLoss, clock: float
    ) -> StepTotals:
        total = torch.zeros(())
        parameters = list(net.parameters())
        for part in one_by_one(micro_batch):
            share = loss(part)
            grads = torch.autograd.grad(share, parameters, allow_unused=True)
            norm = float(torch.nn.utils.get_total_norm([g for g in grads if g is not None]))
            for p, g in zip(parameters, grads, strict=True):
                if g is not None:
                    g = g * min(1.0, self.most / norm)
                    p.grad = g if p.grad is None else p.grad + g
            total = total + share.detach()
            self.people, self.clipped = self.people + 1, self.clipped + (norm > self.most)
        return all_reduce_gradients(net, total, micro_batch.target_count, clock, SINGLE_WORKER)

    def capture(self) -> dict[str, Any]:
        return {"clipped": self.clipped, "people": self.people}

    def restore(self, values: dict[str, Any]) -> None:
        self.clipped, self.people = values["clipped"], values["people"]


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences(16)
    items = tiny_items(sequences, catalogue=False)
    return prepare_training_data(sequences, items, PLATFORMS, LeaveOneOut(), bins=6)


@pytest.fixture(scope="module")
def hyper() -> HyperParameters:
    small = Training(epochs=2, dimensions=8, batch_size=8, dropout=0)
    return replace(choose_hyper_parameters(small, 16, 150), full_softmax=0, negatives=20)


@pytest.fixture
def run(tmp_path: Path) -> UnfinishedRun:
    job = TrainingJob(
        store=str(tmp_path), store_version=1, model="default", platforms=PLATFORMS,
        sequence_length=12, training=Training(), cut=None, refit=False, threads=1,
    )  # fmt: skip
    run = UnfinishedRun(Store(job.store).objects, job)
    run.start()
    return run


def gradient(
    data: TrainingData, hyper: HyperParameters, strategy: StepStrategy, people: int = 8
) -> tuple[torch.Tensor, StepTotals]:
    """Returns the first step's gradient of the first `people`, all parameters in one vector."""
    net = build_net(data, hyper).train()
    micro_batch = build_micro_batch(data, hyper, net.settings.views, 0, np.arange(people))
    totals = strategy.backward(net, micro_batch, lambda part: step_loss(net, part), 1.5)
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in net.parameters()]
    return torch.cat([part.flatten() for part in parts]), totals


def test_unclipped_parts_add_up_to_the_standard_gradient(
    data: TrainingData, hyper: HyperParameters
) -> None:
    whole, totals = gradient(data, hyper, DataParallelStep(SINGLE_WORKER))
    added, also = gradient(data, hyper, PersonClippedStep(math.inf))
    torch.testing.assert_close(added, whole, rtol=1e-4, atol=1e-6)
    assert totals.gradient_norm == pytest.approx(float(whole.norm()), rel=1e-4)
    assert (also.targets, also.seconds) == (totals.targets, 1.5)
    assert also.loss == pytest.approx(totals.loss, rel=1e-5)


def test_nobody_moves_the_gradient_further_than_the_clip(
    data: TrainingData, hyper: HyperParameters
) -> None:
    most = 0.01
    free, _ = gradient(data, hyper, PersonClippedStep(math.inf))
    strategy = PersonClippedStep(most)
    clipped, totals = gradient(data, hyper, strategy)
    assert strategy.clipped == strategy.people == 8
    assert totals.gradient_norm <= most * 8 < float(free.norm())
    assert float(clipped.norm()) == pytest.approx(totals.gradient_norm, rel=1e-4)


def test_another_strategy_trains_the_same_run(data: TrainingData, hyper: HyperParameters) -> None:
    standard = fit(data, hyper)
    same = fit(data, hyper, strategy=PersonClippedStep(math.inf))
    np.testing.assert_allclose(same.curve, standard.curve, rtol=1e-4)
    weights, others = (dict(fitted.net.named_parameters()) for fitted in (standard, same))
    for name in weights.keys() - NO_GRADIENT:
        torch.testing.assert_close(others[name], weights[name], rtol=1e-3, atol=1e-3)
    clipped = PersonClippedStep(0.1)
    private = fit(data, hyper, strategy=clipped)
    assert clipped.clipped > 0
    assert same.curve[-1] < private.curve[-1] < private.curve[0]


class Killed(Exception):
    pass


class KillsAt(CheckpointWriter):
    def is_due(self, seconds: float) -> bool:
        return True

    def write(self, state: TrainState) -> None:
        super().write(state)
        if state.step == 3:
            raise Killed


def test_what_a_strategy_knows_goes_on_with_the_run(
    data: TrainingData, hyper: HyperParameters, run: UnfinishedRun
) -> None:
    whole, again = PersonClippedStep(0.62), PersonClippedStep(0.62)
    standard = fit(data, hyper, strategy=whole)
    with pytest.raises(Killed):
        fit(data, hyper, strategy=PersonClippedStep(0.62),
            checkpoints=KillsAt(run, SINGLE_WORKER, "search", 0))  # fmt: skip
    checkpoints = CheckpointWriter(run, SINGLE_WORKER, "search", 60)
    with pytest.raises(StoreError, match="step strategy with clipped, people"):
        fit(data, hyper, checkpoints=checkpoints)
    resumed = fit(data, hyper, strategy=again, checkpoints=checkpoints)
    assert again.capture() == whole.capture()
    assert 0 < again.clipped < again.people
    for a, b in zip(standard.net.parameters(), resumed.net.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_checkpoint_of_the_standard_strategy_holds_nothing_of_it(
    data: TrainingData, hyper: HyperParameters, run: UnfinishedRun
) -> None:
    checkpoints = CheckpointWriter(run, SINGLE_WORKER, "search", 60)
    fit(data, replace(hyper, epochs=1), checkpoints=checkpoints)
    assert "strategy" not in run.read(run.places()[-1]).values
    with pytest.raises(StoreError, match="clipped"):
        fit(data, hyper, strategy=PersonClippedStep(1.0), checkpoints=checkpoints)


def test_the_loop_refuses_what_a_strategy_made_of_nothing(
    data: TrainingData, hyper: HyperParameters
) -> None:
    class Broken(DataParallelStep):
        def backward(self, *given: Any) -> StepTotals:
            return replace(super().backward(*given), gradient_norm=math.nan)

    with pytest.raises(Diverged, match="the norm of the gradient is nan at step 1"):
        fit(data, hyper, strategy=Broken(SINGLE_WORKER))
