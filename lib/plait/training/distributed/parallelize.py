"""Prepares a network for training on a worker: its device, and torch.compile on a GPU."""

from __future__ import annotations

import sys

import torch

from plait.models.neural.net import NeuralNet
from plait.training.distributed.worker_rank import Worker

MIN_COMPUTE_CAPABILITY = (7, 0)  # CUDA compute capability that Triton needs


def parallelize(net: NeuralNet, worker: Worker) -> NeuralNet:
    """Returns `net`, ready to be trained by `worker`.

    Make the optimizer from the returned network. It is on the worker's device, and on a GPU
    its dense parts are compiled. Weights are not broadcast: every worker initialises them from
    the same seed (see rng_streams) or reads them from the same checkpoint. A deep copy of the
    network is not compiled.
    """
    net = net.to(worker.device)
    compile_on_gpu(net, worker.device)
    return net


def compile_on_gpu(net: NeuralNet, device: torch.device) -> bool:
    """Compiles the convolutions and heads of `net` in place; returns whether it did.

    It does so only on a GPU with at least MIN_COMPUTE_CAPABILITY. Sequences are ragged, so
    sizes are symbolic. The GRU already runs in cuDNN. If compiling fails later, PyTorch warns
    and runs that part uncompiled.
    """
    if device.type != "cuda":
        return False
    capability = torch.cuda.get_device_capability(device)
    if capability < MIN_COMPUTE_CAPABILITY:
        sys.stderr.write(
            f"train: the GPU's compute capability is {'.'.join(map(str, capability))}, "
            f"torch.compile needs {'.'.join(map(str, MIN_COMPUTE_CAPABILITY))}; "
            "training without torch.compile.\n"
        )
        return False
    from torch import _dynamo

    _dynamo.config.suppress_errors = True
    compile_dense(net)
    return True


def compile_dense(net: NeuralNet, backend: str = "inductor") -> None:
    """Compiles the convolutions and heads of `net` in place."""
    for part in (net.encoder.cnn, *net.heads):
        part.compile(dynamic=True, backend=backend)
