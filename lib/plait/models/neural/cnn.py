"""Causal convolutions of several widths over packed sequences."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from plait.features.packed_tensors import LOOKBACK
from plait.models.neural.dropout import Dropout


class CausalConvolutions(nn.Module):
    """Parallel convolutions of widths 2, 3 and 5, ReLU, then a linear map to the input's width.

    This is a causal form of Caser (Tang and Wang, WSDM 2018). A token reads itself and up to
    four earlier tokens of its own sequence. The three widths are computed with three matrix
    products, one per range of taps. Each product serves all widths that have those taps.
    """

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.near = nn.Linear(2 * size, 3 * size)  # taps 0 and 1, of all widths
        self.middle = nn.Linear(size, 2 * size, bias=False)  # tap 2, of widths 3 and 5
        self.far = nn.Linear(2 * size, size, bias=False)  # taps 3 and 4, of width 5
        self.mix = nn.Linear(3 * size, size)
        self.dropout = Dropout(dropout)

    def forward(self, inputs: torch.Tensor, earlier: torch.Tensor) -> torch.Tensor:
        """Returns [M, D] from inputs [M, D] and the tokens before each, [M, LOOKBACK]."""
        size = inputs.shape[1]
        padded = torch.cat([inputs.new_zeros(1, size), inputs])
        before = F.embedding(earlier, padded).view(-1, LOOKBACK * size)
        first, second, rest = torch.split(before, [size, size, 2 * size], dim=1)
        narrow, wide, widest = self.near(torch.cat([inputs, first], dim=1)).chunk(3, dim=1)
        wide_middle, widest_middle = self.middle(second).chunk(2, dim=1)
        both = torch.cat([narrow, wide + wide_middle, widest + widest_middle + self.far(rest)], 1)
        mixed: torch.Tensor = self.dropout(self.mix(F.relu(both)))
        return mixed
