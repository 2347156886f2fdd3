"""The best epoch so far, and when to give up waiting for a better one."""

from __future__ import annotations

import math

import torch

from plait.models.neural.net import NeuralNet


class EarlyStopping:
    """Keeps the parameters of the epoch with the highest validation `mrr`.

    Args:
        patience: validations without a better one after which the run is over.

    Attributes:
        epoch: the best one, 0 before the first validation.
        since: validations after it.
        metrics: of the best epoch.
        newest: of the last validation.
        state: parameters of the best epoch.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self.epoch, self.since = 0, 0
        self.metrics: dict[str, float] = {}
        self.newest: dict[str, float] = {}
        self.state: dict[str, torch.Tensor] = {}

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        return self.since >= self._patience

    def take(self, net: NeuralNet, epoch: int, metrics: dict[str, float]) -> None:
        """Looks at the network after `epoch`; without metrics the newest is the best.

        A NaN is never better.
        """
        self.newest = metrics
        if metrics and not metrics["mrr"] > self.metrics.get("mrr", -math.inf):
            self.since += 1
            return
        self.since, self.epoch, self.metrics = 0, epoch, metrics
        self.state = {name: p.detach().clone() for name, p in net.named_parameters()}

    def restore(self, net: NeuralNet) -> NeuralNet:
        """Returns `net` with the parameters of the best epoch."""
        if self.state:
            net.load_state_dict(self.state, strict=False)
        return net
