"""Combines the states of the merged and the own history into one interest per platform."""

from __future__ import annotations

import torch
from torch import nn

from plait.models.neural.dropout import Dropout
from plait.models.neural.net_settings import NetSettings


class InterestHead(nn.Module):
    """LN(h + MLP(h)) of the merged history, plus the same of the platform's own history.

    The two views, events on all platforms and events on this one, are those of ABXI (Bian et
    al., WWW 2025). There is one head per platform.
    """

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.merged = _ResidualMLP(settings)
        self.own = _ResidualMLP(settings) if settings.views else None

    def forward(self, merged: torch.Tensor, own: torch.Tensor | None) -> torch.Tensor:
        """Returns the interest [n, D] from states [n, D]; `own` is None without own histories."""
        interest: torch.Tensor = self.merged(merged)
        if self.own is not None and own is not None:
            interest = interest + self.own(own)
        return interest


class _ResidualMLP(nn.Module):
    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        size = settings.dimensions
        self.network = nn.Sequential(
            nn.Linear(size, 2 * size),
            nn.GELU(),
            Dropout(settings.dropout),
            nn.Linear(2 * size, size),
            Dropout(settings.dropout),
        )
        self.norm = nn.LayerNorm(size)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.norm(state + self.network(state))
        return normed
