"""Gradients summed over workers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import distributed

from plait.model.net import Net


@dataclass(frozen=True)
class Step:
    """One step over all workers: loss, targets, and the first worker's clock in seconds."""

    loss: float
    targets: int
    clock: float


def sum_gradients(
    net: Net, loss: torch.Tensor, targets: int, clock: float, rank: int, workers: int
) -> Step:
    """Sums gradients over workers in place; returns the step's sums.

    Every worker's loss is already its part of the whole batch's mean, so the sum is exactly
    the gradient of one worker with the whole batch. The first worker's clock travels along,
    so that all act on one time.
    """
    if workers == 1:
        return Step(float(loss.detach()), targets, clock)
    parameters = [p for p in net.parameters() if p.requires_grad]
    for p in parameters:
        if p.grad is None:  # nothing of this worker's share touched it
            p.grad = torch.zeros_like(p)
    counts = torch.tensor([0.0, targets, 0.0 if rank else clock], device=loss.device)
    counts[0] = loss.detach()
    grads = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([counts, *(g.reshape(-1) for g in grads)])
    distributed.all_reduce(flat)
    at = len(counts)
    for grad in grads:
        grad.copy_(flat[at : at + grad.numel()].view_as(grad))
        at += grad.numel()
    return Step(float(flat[0]), int(flat[1]), float(flat[2]))
