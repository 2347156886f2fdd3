"""Keeps the best epoch so far, and decides when to stop early."""

from __future__ import annotations

import math

import torch

from plait.models.neural.net import NeuralNet


class EarlyStopping:
    """Keeps the parameters of the epoch with the highest validation `mrr`.

    Args:
        patience: the run stops after this many validations without an improvement.

    Attributes:
        epoch: the best epoch, 0 before the first validation.
        since: the number of validations after the best epoch.
        metrics: metrics of the best epoch.
        newest: metrics of the last validation.
        best_weights: parameters of the best epoch.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self.epoch, self.since = 0, 0
        self.metrics: dict[str, float] = {}
        self.newest: dict[str, float] = {}
        self.best_weights: dict[str, torch.Tensor] = {}

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return self.since >= self._patience

    def update(self, net: NeuralNet, epoch: int, metrics: dict[str, float]) -> None:
        """Records the validation after `epoch`; keeps the weights of `net` if it is the best.

        With empty `metrics`, the newest epoch counts as the best. A NaN is never better.
        """
        self.newest = metrics
        if metrics and not metrics["mrr"] > self.metrics.get("mrr", -math.inf):
            self.since += 1
            return
        self.since, self.epoch, self.metrics = 0, epoch, metrics
        self.best_weights = {name: p.detach().clone() for name, p in net.named_parameters()}

    def restore(self, net: NeuralNet) -> NeuralNet:
        """Returns `net` with the parameters of the best epoch."""
        if self.best_weights:
            net.load_state_dict(self.best_weights, strict=False)
        return net
