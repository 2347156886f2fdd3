"""From a network to one that a worker can train: its device, and torch.compile where it pays."""

from __future__ import annotations

import sys

import torch

from plait.models.neural.net import NeuralNet
from plait.training.distributed.worker_rank import Worker

MIN_COMPUTE_CAPABILITY = (7, 0)  # CUDA compute capability that Triton needs


def parallelize(net: NeuralNet, worker: Worker) -> NeuralNet:
    """Returns `net`, ready to be trained by `worker`; the optimizer is made for what it returns.

    It is moved to the worker's device, and on a GPU its dense parts are compiled. Weights
    are not broadcast: every worker makes them from the same seed, see rng_streams, or reads them
    from the same checkpoint. A copy of the network is not compiled.
    """
    net = net.to(worker.device)
    compile_on_gpu(net, worker.device)
    return net


def compile_on_gpu(net: NeuralNet, device: torch.device) -> bool:
    """Compiles the convolutions and heads of `net` in place on a capable GPU; returns whether.

    Sequences are ragged, so sizes are symbolic. The GRU is cuDNN's already. Where compiling
    fails later on, PyTorch says so and runs that part as it is.
    """
    if device.type != "cuda":
        return False
    capability = torch.cuda.get_device_capability(device)
    if capability < MIN_COMPUTE_CAPABILITY:
        sys.stderr.write(
            f"train: the GPU's compute capability is {'.'.join(map(str, capability))}, "
            f"torch.compile needs {'.'.join(map(str, MIN_COMPUTE_CAPABILITY))}; "
            "training without it.\n"
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
