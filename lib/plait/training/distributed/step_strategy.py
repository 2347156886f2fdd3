"""How a step's loss becomes its gradient; data parallel is one way, see data_parallel_step.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from plait.models.neural.net import NeuralNet
from plait.training.data.micro_batch import MicroBatch

MicroBatchLoss = Callable[[MicroBatch], torch.Tensor]


@dataclass(frozen=True)
class StepTotals:
    """One step over all workers, the same on each of them.

    Attributes:
        loss: the step's loss.
        gradient_norm: of the step's gradient, before it is clipped.
        targets: how many events were predicted.
        seconds: rank 0's clock.
    """

    loss: float
    gradient_norm: float
    targets: int
    seconds: float


class StepStrategy(Protocol):
    """Makes the gradient of a step; the loop does what comes before it and after it.

    Before: parameters have no gradient, dropout is seeded. After: the loop refuses totals that are
    not finite, clips by `gradient_norm`, and steps the optimizer. So after `backward`, `p.grad`
    of each of this worker's parameters is what all workers' micro-batches say of it, None where
    none of them touched it.
    """

    def backward(
        self, net: NeuralNet, micro_batch: MicroBatch, loss: MicroBatchLoss, clock: float
    ) -> StepTotals:
        """Leaves the step's gradient in `net`; returns the step's totals.

        Args:
            net: what `parallelize` returned, in training mode.
            micro_batch: this worker's people. Its loss is its share of the whole batch's mean.
            loss: a micro-batch's loss, a scalar. It is a sum over targets, each weighed by its
                `weight`, so it may be asked of parts, as often as needed.
            clock: seconds trained, on this worker.
        """

    def capture(self) -> dict[str, Any]:
        """Returns what a checkpoint must hold of it, as JSON values; {} for nothing."""

    def restore(self, values: dict[str, Any]) -> None:
        """Becomes what `capture` returned.

        Raises:
            KeyError, ValueError, TypeError: another strategy's.
        """


def clip_gradients(net: NeuralNet, norm: float, most: float) -> None:
    """Scales the gradients, whose norm is `norm`, so that it is at most `most`."""
    if norm > most:
        size = torch.tensor(norm)
        torch.nn.utils.clip_grads_with_norm_(net.parameters(), most, size, foreach=True)
