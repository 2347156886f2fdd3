"""One batch's loss: split over workers it is the same, and it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from plait.config.project_sections import Training
from plait.features.folds import LeaveOneOut
from plait.models.neural.neural_model import NeuralModel
from plait.training.data.micro_batch import build_micro_batch
from plait.training.data.targets import target_positions
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.training_loop import build_net, fit
from plait.training.loop.validate_model import validate_net
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences()
    return prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)


@pytest.fixture
def hyper() -> HyperParameters:
    return choose_hyper_parameters(
        Training(epochs=4, dimensions=16, batch_size=32, dropout=0, item_dropout=0), 200, 2000
    )


@pytest.mark.parametrize("full_softmax", [0, 1000])
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_losses_and_gradients_add_up(
    data: TrainingData, hyper: HyperParameters, workers: int, full_softmax: int
) -> None:
    hyper = replace(hyper, full_softmax=full_softmax, negatives=20, item_dropout=0.6)
    net = build_net(data, hyper)
    rows = np.arange(17)

    def gradient(rank: int, of: int) -> tuple[float, int, torch.Tensor]:
        net.zero_grad(set_to_none=False)
        micro_batch = build_micro_batch(data, hyper, net.settings.views, 5, rows, rank, of)
        loss = step_loss(net, micro_batch)
        loss.backward()
        flat = [torch.zeros_like(p) if p.grad is None else p.grad for p in net.parameters()]
        return (
            float(loss.detach()),
            micro_batch.target_count,
            torch.cat([g.reshape(-1).clone() for g in flat]),
        )

    whole = gradient(0, 1)
    parts = [gradient(rank, workers) for rank in range(workers)]
    assert sum(part[0] for part in parts) == pytest.approx(whole[0], rel=1e-5)
    assert sum(part[1] for part in parts) == whole[1]
    torch.testing.assert_close(sum(part[2] for part in parts), whole[2], rtol=1e-4, atol=1e-6)


def test_every_position_but_the_first_is_a_target(data: TrainingData) -> None:
    rows = np.array([3, 0])
    found = target_positions(data, rows)
    history = data.history.take(rows)
    new = history.positions > 0
    seen = {
        (row, item)
        for row, item, place in zip(history.rows, history.item, history.positions, strict=True)
        if place == 0
    }
    for event in np.flatnonzero(new):
        pair = (history.rows[event], history.item[event])
        assert (event in found.event) == (pair not in seen)
        seen.add(pair)
    assert (history.item[found.event] == found.item).all()


def test_a_small_world_is_learned_in_process(data: TrainingData, hyper: HyperParameters) -> None:
    seen = []
    fitted = fit(data, replace(hyper, epochs=6, learning_rate=1e-2), report=seen.append)
    assert fitted.epoch >= 3
    assert fitted.metrics["mrr"] > 0.22  # 80 items a platform: chance is near .06
    assert seen[-1].loss < seen[0].loss
    assert seen[-1].targets == fitted.targets == 6 * int((data.weight > 0).sum())


def test_the_same_seed_gives_the_same_weights(data: TrainingData, hyper: HyperParameters) -> None:
    first, second = (fit(data, replace(hyper, epochs=1)).net for _ in range(2))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_training_asks_at_the_targets_time_as_evaluation_does(
    data: TrainingData, hyper: HyperParameters
) -> None:
    rows = np.arange(30)
    micro_batch = build_micro_batch(data, hyper, True, 0, rows)
    at = target_positions(data, rows)
    time = data.history.take(rows).time[at.event]
    bins = data.timeline.bin_of(time)
    # Event e is predicted from event e - 1, which is number e when counted from 1.
    assert micro_batch.batch.bin[at.event].tolist() == bins.tolist()
    before = data.timeline.bin_of(data.history.take(rows).time[at.event - 1])
    assert (before != bins).any()
    assert data.validation is not None
    held = data.validation.take(rows)
    assert (held.time > held.history.time[held.history.offsets[1:] - 1]).all()


def test_validation_asks_at_the_targets_time(
    data: TrainingData, hyper: HyperParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[np.ndarray] = []
    score = NeuralModel.score

    def told(self, history, platform, now=None):
        asked.append(now)
        return score(self, history, platform, now)

    monkeypatch.setattr(NeuralModel, "score", told)
    assert data.validation is not None
    validate_net(build_net(data, hyper), data, data.validation)
    assert sorted(np.concatenate(asked)) == sorted(data.validation.time)
