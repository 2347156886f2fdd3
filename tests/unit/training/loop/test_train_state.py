"""The average of the weights is PyTorch's arithmetic, bit for bit (ADR 23)."""

from __future__ import annotations

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from plait.config.project_sections import Training
from plait.features.folds import LeaveOneOut
from plait.models.neural.net import NeuralNet
from plait.training.data.training_data import prepare_training_data
from plait.training.loop.hyper_parameters import choose_hyper_parameters
from plait.training.loop.train_state import WeightEMA
from plait.training.loop.training_loop import build_net
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences


@pytest.fixture
def net() -> NeuralNet:
    sequences = tiny_sequences(16)
    data = prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=4)
    return build_net(data, choose_hyper_parameters(Training(dimensions=8), 16, 150))


@torch.no_grad()
def walk(net: NeuralNet, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    for p in net.parameters():
        p.add_(torch.randn(p.shape, generator=random))


@pytest.mark.parametrize("decay", [0.05, 0.98])
def test_the_average_is_that_of_pytorch_with_a_decay_that_warms_up(
    net: NeuralNet, decay: float
) -> None:
    def warming(mine: list[torch.Tensor], theirs: list[torch.Tensor], steps: torch.Tensor) -> None:
        done = int(steps)
        torch._foreach_lerp_(mine, theirs, 1 - min(decay, done / (done + 9)))

    ours, theirs = WeightEMA(net, decay), AveragedModel(net, multi_avg_fn=warming)
    theirs.n_averaged.fill_(1)  # at 0 the first update copies
    before = [p.clone() for p in net.parameters()]
    for step in range(12):
        walk(net, step)
        ours.update(net)
        theirs.update_parameters(net)
        for a, b in zip(ours.net.parameters(), theirs.module.parameters(), strict=True):
            assert torch.equal(a, b)
    assert ours.steps == int(theirs.n_averaged) - 1 == 12
    moved = zip(ours.net.parameters(), before, net.parameters(), strict=True)
    assert not any(torch.equal(mean, old) or torch.equal(mean, new) for mean, old, new in moved)


def test_the_first_update_keeps_some_of_what_the_weights_began_with(net: NeuralNet) -> None:
    average = WeightEMA(net, 0.98)
    began = [p.clone() for p in average.net.parameters()]
    walk(net, 0)
    average.update(net)
    for mean, old, new in zip(average.net.parameters(), began, net.parameters(), strict=True):
        torch.testing.assert_close(mean, 0.1 * old + 0.9 * new)
    assert not any(p.requires_grad for p in average.net.parameters())
