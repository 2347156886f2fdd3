from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from plait.config.project_sections import Training
from plait.features.folds import LeaveOneOut
from plait.training.data.micro_batch import build_micro_batch
from plait.training.data.training_data import prepare_training_data
from plait.training.distributed.parallelize import compile_dense, compile_on_gpu, parallelize
from plait.training.distributed.worker_rank import SINGLE_WORKER
from plait.training.loop.hyper_parameters import choose_hyper_parameters
from plait.training.loop.step_loss import step_loss
from plait.training.loop.training_loop import build_net
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences


def test_compiled_parts_compute_the_same_under_the_same_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sequences = tiny_sequences(80)
    data = prepare_training_data(sequences, tiny_items(sequences), PLATFORMS, LeaveOneOut(), bins=6)
    given = Training(dimensions=8, batch_size=16, dropout=0)
    hyper = replace(choose_hyper_parameters(given, 80, 800), full_softmax=0, negatives=20)
    plain = build_net(data, hyper)
    assert parallelize(plain, SINGLE_WORKER) is plain
    assert plain.encoder.cnn._compiled_call_impl is None  # not on a CPU
    compiled = copy.deepcopy(plain)
    compile_dense(compiled, backend="eager")
    assert compiled.encoder.cnn._compiled_call_impl is not None
    assert copy.deepcopy(compiled).encoder.cnn._compiled_call_impl is None  # as the EMA is made
    assert list(compiled.state_dict()) == list(plain.state_dict())
    for rows in (np.arange(12), np.arange(30)):
        micro_batch = build_micro_batch(data, hyper, True, 0, rows)
        torch.testing.assert_close(step_loss(compiled, micro_batch), step_loss(plain, micro_batch))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (6, 1))
    assert not compile_on_gpu(plain, torch.device("cuda"))
    assert "6.1, torch.compile needs 7.0" in capsys.readouterr().err
