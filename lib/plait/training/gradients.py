"""Gradients summed over workers."""

from __future__ import annotations

import torch
from torch import distributed

from plait.model.net import Net


def sum_gradients(net: Net, loss: torch.Tensor, targets: int, workers: int) -> tuple[float, int]:
    """Sums gradients over workers in place; returns the summed loss and number of targets.

    Every worker's loss is already its part of the whole batch's mean, so the sum is exactly
    the gradient of one worker with the whole batch.
    """
    if workers == 1:
        return float(loss.detach()), targets
    parameters = [p for p in net.parameters() if p.requires_grad]
    for p in parameters:
        if p.grad is None:  # nothing of this worker's share touched it
            p.grad = torch.zeros_like(p)
    counts = torch.stack([loss.detach().float(), loss.new_tensor(targets)])
    grads = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([counts, *(g.reshape(-1) for g in grads)])
    distributed.all_reduce(flat)
    at = 2
    for grad in grads:
        grad.copy_(flat[at : at + grad.numel()].view_as(grad))
        at += grad.numel()
    return float(flat[0]), int(flat[1])
