"""Data parallel: every worker has the whole network, and gradients are summed over workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from plait.models.neural.net import NeuralNet
from plait.training.data.micro_batch import MicroBatch
from plait.training.distributed.step_strategy import MicroBatchLoss, StepTotals
from plait.training.distributed.worker_rank import Worker


@dataclass(frozen=True)
class DataParallelStep:
    """One forward and backward pass of the worker's micro-batch, then one all-reduce."""

    worker: Worker

    def backward(
        self, net: NeuralNet, micro_batch: MicroBatch, loss: MicroBatchLoss, clock: float
    ) -> StepTotals:
        """Leaves the gradients, summed over workers, in `net`; see StepStrategy."""
        share = loss(micro_batch)
        share.backward()
        return all_reduce_gradients(net, share, micro_batch.target_count, clock, self.worker)

    def capture(self) -> dict[str, Any]:
        """Returns {}: a step needs no state from earlier steps."""
        return {}

    def restore(self, values: dict[str, Any]) -> None:
        """Checks that `values` is empty, as `capture` returned it.

        Raises:
            ValueError: `values` is the state of another strategy.
        """
        if values:
            msg = f"a step strategy with {', '.join(values)}"
            raise ValueError(msg)


def all_reduce_gradients(
    net: NeuralNet, loss: torch.Tensor, targets: int, clock: float, worker: Worker
) -> StepTotals:
    """Sums the gradients over workers in place; returns the step's totals.

    Every worker's loss is already its share of the whole batch's mean. So the sum is exactly
    the gradient of one worker with the whole batch. Rank 0's clock is part of the same
    all-reduce, so that all workers use one time. A parameter that no worker's micro-batch
    touched has no gradient afterwards, as with one worker, and the optimizer skips it. The
    totals are read from the device in one transfer.
    """
    if worker.world_size == 1:
        own = [p.grad for p in net.parameters() if p.grad is not None]
        size = torch.nn.utils.get_total_norm(own, foreach=True)
        total, norm = torch.stack([loss.detach().float(), size.float()]).tolist()
        return StepTotals(total, norm, targets, clock)
    parameters = [p for p in net.parameters() if p.requires_grad]
    touched = [float(p.grad is not None) for p in parameters]
    facts = torch.tensor([0.0, targets, clock if worker.is_first else 0.0, *touched])
    facts = facts.to(loss.device)
    facts[0] = loss.detach()
    parts = [facts]
    parts += [(torch.zeros_like(p) if p.grad is None else p.grad).view(-1) for p in parameters]
    flat = torch.cat(parts)
    distributed.all_reduce(flat)
    summed, *grads = torch.split(flat, [len(part) for part in parts])
    size = torch.linalg.vector_norm(flat[len(facts) :])
    norm, total, count, time, *touches = torch.cat([size[None], summed]).tolist()
    for p, grad, touch in zip(parameters, grads, touches, strict=True):
        p.grad = grad.view_as(p) if touch else None
    return StepTotals(total, norm, int(count), time)
