from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from plait.config.project_sections import Training
from plait.features.folds import LeaveOneOut
from plait.training.data.micro_batch import MicroBatch, build_micro_batch
from plait.training.data.prefetch import Prefetcher
from plait.training.data.sampler import Sampler
from plait.training.data.training_data import TrainingData, prepare_training_data
from plait.training.loop.hyper_parameters import HyperParameters, choose_hyper_parameters
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences


@pytest.fixture(scope="module")
def data() -> TrainingData:
    sequences = tiny_sequences(80)
    return prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)


@pytest.fixture(scope="module")
def hyper() -> HyperParameters:
    small = choose_hyper_parameters(Training(epochs=4, dimensions=16, batch_size=16), 200, 2000)
    return replace(small, full_softmax=0, negatives=20)


def test_micro_batches_come_in_order_one_ahead(data: TrainingData, hyper: HyperParameters) -> None:
    built: list[int] = []
    ahead = threading.Event()

    def build(step: int) -> MicroBatch:
        built.append(step)
        if step == 8:
            ahead.set()
        return build_micro_batch(data, hyper, True, step, np.arange(10))

    loader = Prefetcher(build, 7, 10)
    micro_batches = iter(loader)
    assert next(micro_batches).step == 7
    assert ahead.wait(10)  # built without being asked for
    assert [micro_batch.step for micro_batch in micro_batches] == [8, 9]
    assert built == [7, 8, 9]
    assert list(Prefetcher(build, 3, 3)) == []


def test_what_fails_in_the_thread_is_heard(data: TrainingData) -> None:
    def build(step: int) -> MicroBatch:
        raise KeyError(step)

    with pytest.raises(KeyError):
        list(Prefetcher(build, 0, 2))


def test_a_step_draws_the_same_whenever_it_is_built(
    data: TrainingData, hyper: HyperParameters
) -> None:
    rows = np.arange(20)
    first, again, later = (build_micro_batch(data, hyper, True, s, rows) for s in (4, 4, 5))
    assert first.shown_mask is not None
    assert again.shown_mask is not None
    assert later.shown_mask is not None
    assert torch.equal(first.shown_mask, again.shown_mask)
    assert not torch.equal(first.shown_mask, later.shown_mask)
    negatives = [p.platform_targets[0].candidates[-20:] for p in (first, again, later)]
    assert torch.equal(negatives[0], negatives[1])
    assert not torch.equal(negatives[0], negatives[2])


def test_workers_draw_what_one_draws(data: TrainingData, hyper: HyperParameters) -> None:
    rows = np.arange(20)
    whole = build_micro_batch(data, hyper, True, 4, rows)
    parts = [build_micro_batch(data, hyper, True, 4, rows, rank, 3) for rank in range(3)]
    assert whole.shown_mask is not None
    for rank, part in enumerate(parts):
        assert part.shown_mask is not None
        for person, row in enumerate(range(rank, 20, 3)):
            mine = part.shown_mask[part.batch.tokens.row == person]
            assert sorted(mine) == sorted(whole.shown_mask[whole.batch.tokens.row == row])
        for one in part.platform_targets:
            same = next(q for q in whole.platform_targets if q.platform == one.platform)
            assert torch.equal(one.candidates[-20:], same.candidates[-20:])
    assert sum(part.target_count for part in parts) == whole.target_count


def test_the_batches_of_a_step_do_not_depend_on_the_steps_before() -> None:
    lengths = np.random.default_rng(0).integers(0, 30, 200)
    straight, jumping = (Sampler(lengths, 16, seed=3) for _ in range(2))
    seen = [straight.rows(step) for step in range(3 * straight.steps_per_epoch)]
    for step in (2 * straight.steps_per_epoch + 3, 5, straight.steps_per_epoch, 5):
        assert np.array_equal(jumping.rows(step), seen[step])
    for epoch in range(3):
        rows = np.concatenate(
            seen[epoch * straight.steps_per_epoch : (epoch + 1) * straight.steps_per_epoch]
        )
        assert sorted(rows) == np.flatnonzero(lengths >= 2).tolist()
