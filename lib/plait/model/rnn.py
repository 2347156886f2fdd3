"""A gated recurrent unit over packed sequences."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from plait.model.dropout import Dropout


class PackedGRU(nn.Module):
    """GRU with a residual connection and layer norm: LN(dropout(GRU(x)) + x)."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(size, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = Dropout(dropout)

    def forward(self, inputs: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Returns the state after every token, [M, D]; `steps` are the packed batch sizes."""
        packed, _ = self.gru(PackedSequence(inputs, steps))
        normed: torch.Tensor = self.norm(self.dropout(packed.data) + inputs)
        return normed
