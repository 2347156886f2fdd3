"""Dropout that does not wait for random numbers."""

from __future__ import annotations

import torch
from torch import nn

LEVELS = 256


class Dropout(nn.Module):
    """As `nn.Dropout`, with the rate in steps of 1/256 and one random byte an element on a CPU.

    Drawing a Bernoulli float an element took an eighth of a training step on CPUs.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._threshold = min(round(rate * LEVELS), LEVELS - 1)  # something is always left

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Returns the inputs, while training with a share of `rate` of them zero."""
        if not self.training or not self._threshold:
            return inputs
        if inputs.device.type != "cpu":
            return nn.functional.dropout(inputs, self.rate)
        words = torch.empty(-(-inputs.numel() // 8), dtype=torch.int64)
        # All 64 bits are random: the full range of int64.
        words.random_(-(2**63), None)
        chance = words.view(torch.uint8)[: inputs.numel()].view(inputs.shape)
        kept = (chance >= self._threshold).to(inputs.dtype)
        return inputs * kept.mul_(LEVELS / (LEVELS - self._threshold))
