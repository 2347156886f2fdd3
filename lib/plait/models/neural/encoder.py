"""Encodes events to states: embeddings, then the CNN, then the RNN."""

from __future__ import annotations

import torch
from torch import nn

from plait.features.packed_tensors import PackedTokens
from plait.features.time_features import GAP_BUCKETS
from plait.models.neural.cnn import CausalConvolutions
from plait.models.neural.dropout import Dropout
from plait.models.neural.item_tower import ItemTower
from plait.models.neural.net_settings import NetSettings
from plait.models.neural.rnn import PackedGRU


class Encoder(nn.Module):
    """Reads every packed sequence, merged or own, with the same weights."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        size = settings.dimensions
        self.first_quarter, self.quarters = settings.quarter
        self.platform = _embedding(len(settings.platforms), size) if settings.views else None
        self.kind = _embedding(settings.type_codes, size) if settings.types else None
        self.gap = _embedding(GAP_BUCKETS, size) if settings.gaps else None
        self.quarter = _embedding(self.quarters + 1, size) if self.quarters else None
        self.strength = nn.Linear(1, size, bias=False) if settings.strengths else None
        self.dropout = Dropout(settings.dropout)
        self.cnn = CausalConvolutions(size, settings.dropout)
        self.rnn = PackedGRU(size, settings.dropout)
        self.empty = nn.Parameter(torch.randn(1, size) * 0.02)

    def forward(
        self, tokens: PackedTokens, items: ItemTower, kept: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Returns the state after every token, [1 + M, D]; row 0 means "no event yet".

        Args:
            tokens: M packed tokens.
            items: the item tower.
            kept: 0 where a token's item is hidden from the network (item dropout), else 1,
                [M]; None: no item is hidden.
        """
        inputs = items.input_vectors(tokens.item)
        if kept is not None:
            inputs = inputs * kept[:, None]
        if self.platform is not None:
            inputs = inputs + self.platform(tokens.platform)
        if self.kind is not None:
            inputs = inputs + self.kind(tokens.type)
        if self.gap is not None:
            inputs = inputs + self.gap(tokens.gap)
        if self.quarter is not None:
            # A quarter outside those of training becomes the nearest one; 0 is an unknown time.
            place = (tokens.quarter - self.first_quarter + 1).clamp(1, self.quarters)
            inputs = inputs + self.quarter(torch.where(tokens.quarter < 0, 0, place))
        if self.strength is not None:
            inputs = inputs + self.strength(tokens.strength[:, None])
        inputs = self.dropout(inputs)
        inputs = inputs + self.cnn(inputs, tokens.earlier)
        if not len(inputs):
            return self.empty
        return torch.cat([self.empty, self.rnn(inputs, tokens.steps)])


def _embedding(rows: int, size: int) -> nn.Embedding:
    table = nn.Embedding(rows, size)
    nn.init.normal_(table.weight, std=0.02)
    return table
