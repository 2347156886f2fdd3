"""Weights averaged over the steps, which rank better than the last ones."""

from __future__ import annotations

import copy

import torch

from plait.models.neural.net import NeuralNet


class WeightAverage:
    """An exponential moving average of a network's parameters over `steps` updates."""

    def __init__(self, net: NeuralNet, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.steps = 0
        self._decay = decay

    @torch.no_grad()
    def update(self, net: NeuralNet) -> None:
        """Moves the average towards `net`; early on it forgets faster."""
        self.steps += 1
        decay = min(self._decay, self.steps / (self.steps + 9))
        mine: list[torch.Tensor] = list(self.net.parameters())
        torch._foreach_lerp_(mine, [p.detach() for p in net.parameters()], 1 - decay)
