from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from plait.models.neural.rnn import unroll_gru


def test_unrolled_is_pytorchs_own_gru_forth_and_back() -> None:
    torch.manual_seed(0)
    gru, steps = nn.GRU(6, 6), torch.tensor([4, 4, 2, 1])
    inputs = torch.randn(11, 6, requires_grad=True)
    leaves = (inputs, *gru.parameters())

    def both(states: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        return states, torch.autograd.grad((states**2).sum(), leaves)

    mine = both(unroll_gru(gru, inputs, steps))
    theirs = both(gru(PackedSequence(inputs, steps))[0].data)
    torch.testing.assert_close(mine, theirs)
