"""How a step computes its gradient from its loss; data_parallel_step.py is one strategy."""

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
    """The totals of one step over all workers, equal on each of them.

    Attributes:
        loss: the step's loss.
        gradient_norm: norm of the step's gradient, before clipping.
        targets: the number of events predicted.
        seconds: rank 0's clock, in seconds trained.
    """

    loss: float
    gradient_norm: float
    targets: int
    seconds: float


class StepStrategy(Protocol):
    """Computes the gradient of a step; the training loop does the rest of the step.

    Before `backward`, the loop clears the gradients and seeds dropout. After it, the loop
    rejects totals that are not finite, clips by `gradient_norm`, and steps the optimizer. So
    after `backward`, `p.grad` of each of this worker's parameters must be the gradient over
    all workers' micro-batches, or None where no micro-batch touched the parameter.
    """

    def backward(
        self, net: NeuralNet, micro_batch: MicroBatch, loss: MicroBatchLoss, clock: float
    ) -> StepTotals:
        """Leaves the step's gradient in `net`; returns the step's totals.

        Args:
            net: what `parallelize` returned, in training mode.
            micro_batch: this worker's people. Its loss is its share of the whole batch's mean.
            loss: returns a micro-batch's loss, a scalar. It is a sum over targets, each
                multiplied by its `weight`. So a strategy may call it on parts of the
                micro-batch, any number of times.
            clock: seconds trained, on this worker.
        """

    def capture(self) -> dict[str, Any]:
        """Returns the strategy's state for a checkpoint, as JSON values; {} if it has none."""

    def restore(self, values: dict[str, Any]) -> None:
        """Restores the state that `capture` returned.

        Raises:
            KeyError, ValueError, TypeError: the state is that of another strategy.
        """


def clip_gradients(net: NeuralNet, norm: float, most: float) -> None:
    """Scales the gradients, whose norm is `norm`, to a norm of at most `most`."""
    if norm > most:
        size = torch.tensor(norm)
        torch.nn.utils.clip_grads_with_norm_(net.parameters(), most, size, foreach=True)
