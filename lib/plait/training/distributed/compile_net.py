"""torch.compile where it pays: the dense parts of the network, on a GPU."""

from __future__ import annotations

import sys

import torch

from plait.models.neural.net import NeuralNet

MIN_COMPUTE_CAPABILITY = (7, 0)  # CUDA compute capability that Triton needs


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
