"""What is meant to shape training does: each test fails where its part is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from plait.config.project_sections import Training
from plait.features.folds import NothingHeldOut
from plait.training.data.micro_batch import build_micro_batch
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.loop import training_loop
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.training_loop import build_net, fit, learning_rate

from .tiny import PLATFORMS, tiny_items, tiny_sequences


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences(40)
    return prepare_training_data(
        sequences, tiny_items(sequences), PLATFORMS, NothingHeldOut(), bins=6
    )


@pytest.fixture(scope="module")
def hyper() -> HyperParameters:
    small = choose_hyper_parameters(Training(epochs=10, dimensions=8, batch_size=20), 40, 400)
    return replace(small, warmup=2, dropout=0.0)


def test_the_rate_warms_up_and_then_falls_to_the_floor() -> None:
    rates = [learning_rate(step, 1000, 35, 0.05) for step in range(1001)]
    np.testing.assert_allclose(rates[:35], np.arange(1, 36) / 35)
    assert all(np.diff(rates[35:]) < 0)
    assert rates[517] == pytest.approx(0.525, abs=0.01)
    assert rates[1000] == pytest.approx(0.05)


def test_steps_are_taken_at_the_rate_of_the_schedule(
    data: TrainingData, hyper: HyperParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, rates = training_loop._train_step, []

    def looks(state, *rest):
        rates.append(state.optimizer.param_groups[0]["lr"])
        return train(state, *rest)

    monkeypatch.setattr(training_loop, "_train_step", looks)
    fit(data, hyper)
    assert len(rates) == 20
    given = [hyper.learning_rate * learning_rate(s, 20, 2, hyper.floor) for s in range(20)]
    np.testing.assert_allclose(rates, given)
    assert rates[0] == pytest.approx(hyper.learning_rate / 2)  # the warm-up
    assert rates[-1] < 0.1 * hyper.learning_rate


@pytest.mark.parametrize(("times", "clipped"), [(1e4, True), (1e-3, False)])
def test_a_large_gradient_is_clipped(
    data: TrainingData,
    hyper: HyperParameters,
    monkeypatch: pytest.MonkeyPatch,
    times: float,
    clipped: bool,
) -> None:
    train, norms = training_loop._train_step, []

    def looks(state, *rest):
        fault = train(state, *rest)
        grads = [p.grad for p in state.net.parameters() if p.grad is not None]
        norms.append(float(torch.nn.utils.get_total_norm(grads)))
        return fault

    monkeypatch.setattr(training_loop, "_train_step", looks)
    monkeypatch.setattr(
        training_loop, "step_loss", lambda net, micro_batch: step_loss(net, micro_batch) * times
    )
    monkeypatch.setattr(training_loop, "MAX_LOSS_FACTOR", 1e9)
    fit(data, replace(hyper, epochs=1))
    if clipped:
        np.testing.assert_allclose(norms, hyper.clip, rtol=1e-3)
    else:
        assert 0 < max(norms) < 0.1


def test_items_are_hidden_from_the_network(data: TrainingData, hyper: HyperParameters) -> None:
    assert choose_hyper_parameters(Training(), 40, 400).item_dropout == 0.6
    net = build_net(data, hyper).eval()
    micro_batch = build_micro_batch(data, hyper, net.settings.views, 3, np.arange(40))
    assert micro_batch.shown_mask is not None
    assert set(micro_batch.shown_mask.tolist()) == {0.0, 1.0}
    assert float(1 - micro_batch.shown_mask.mean()) == pytest.approx(
        0.3, abs=0.1
    )  # uniform up to .6
    with torch.no_grad():
        hidden, shown = (
            step_loss(net, micro_batch),
            step_loss(net, replace(micro_batch, shown_mask=None)),
        )
        everything = replace(micro_batch, shown_mask=torch.ones_like(micro_batch.shown_mask))
        assert float(hidden) != float(shown)
        assert float(step_loss(net, everything)) == pytest.approx(float(shown), rel=1e-5)


def test_gates_weigh_the_terms_and_are_learned(data: TrainingData, hyper: HyperParameters) -> None:
    net = build_net(data, hyper).eval()
    micro_batch = build_micro_batch(data, hyper, net.settings.views, 0, np.arange(20))
    one = micro_batch.platform_targets[0]

    def terms() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            states = net.encode(micro_batch.batch)
            return net.person_vectors(states, micro_batch.batch, one.event, one.platform)

    before = terms()
    with torch.no_grad():
        for place in range(len(before)):
            net.gates[one.platform].bias[place] = place - 1.0
    for place, (name, vector) in enumerate(terms().items()):
        gate = 2 / (1 + np.exp(1.0 - place))
        torch.testing.assert_close(vector, before[name] * gate, rtol=1e-4, atol=1e-6)
    trained = fit(data, replace(hyper, epochs=1, weight_decay=0.0)).net
    assert all(gate.weight.abs().max() > 0 for gate in trained.gates)  # they begin at 0
