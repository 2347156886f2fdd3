"""A gated recurrent unit over packed sequences."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from plait.models.neural.dropout import Dropout


class PackedGRU(nn.Module):
    """GRU with a residual connection and layer norm: LN(dropout(GRU(x)) + x)."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(size, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = Dropout(dropout)

    def forward(self, inputs: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Returns the state after every token, [M, D]; `steps` are the packed batch sizes."""
        if inputs.device.type == "cpu" and torch.is_grad_enabled():
            states = unroll_gru(self.gru, inputs, steps)
        else:
            states = self.gru(PackedSequence(inputs, steps))[0].data
        normed: torch.Tensor = self.norm(self.dropout(states) + inputs)
        return normed


def unroll_gru(gru: nn.GRU, inputs: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Returns the states of `gru` for packed `inputs`, with a cheaper backward pass on a CPU.

    On a CPU, the backward pass of PyTorch's packed GRU fills a tensor of the size of all steps
    at each step. This took four fifths of a training step. Splitting the input once avoids it.

    Args:
        gru: a GRU of one layer.
        inputs: packed inputs, [M, D].
        steps: packed batch sizes, int64 [T].
    """
    size, counts = gru.hidden_size, steps.tolist()
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    w_in, w_state, b_in, b_state = (getattr(gru, name) for name in names)
    projected = F.linear(inputs, w_in, b_in)
    state = inputs.new_zeros(counts[0] if counts else 0, size)
    states = []
    for given in torch.split(projected, counts):
        state = state[: len(given)]
        known = F.linear(state, w_state, b_state)
        given_gates, given_new = torch.split(given, [2 * size, size], dim=1)
        known_gates, known_new = torch.split(known, [2 * size, size], dim=1)
        reset, update = torch.sigmoid(given_gates + known_gates).chunk(2, dim=1)
        new = torch.tanh(given_new + reset * known_new)
        state = torch.lerp(new, state, update)
        states.append(state)
    return torch.cat(states) if states else inputs
