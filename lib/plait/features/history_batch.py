"""One batch of histories with all inputs of the person's side of a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from plait.features.history import UNKNOWN_TIME, History, prediction_times
from plait.features.packed_tensors import PackedTokens, pack_histories
from plait.features.person_profile import price_features, profile_features
from plait.features.time_features import Timeline


@dataclass(frozen=True, eq=False)
class HistoryBatch:
    """Histories of N events; index 0 of the per-event tensors means "no event yet".

    Attributes:
        tokens: the packed sequences.
        views: codes of the platforms with own sequences, in the order of `tokens.own`'s columns.
        profile: float32 [1 + N, F], see `profile_features`.
        price: float32 [1 + N, 3], see `price_features`; None without prices.
        bin: the timeline's bin at each event's prediction time, see `prediction_times`;
            int64 [1 + N].
    """

    tokens: PackedTokens
    views: tuple[int, ...]
    profile: torch.Tensor
    price: torch.Tensor | None
    bin: torch.Tensor

    def to(self, device: torch.device) -> HistoryBatch:
        """Returns the batch on `device`."""
        return HistoryBatch(
            self.tokens.to(device),
            self.views,
            self.profile.to(device),
            None if self.price is None else self.price.to(device),
            self.bin.to(device),
        )


def make_history_batch(
    history: History,
    *,
    platforms: int,
    types: int,
    views: Sequence[int],
    timeline: Timeline,
    price: np.ndarray | None,
) -> HistoryBatch:
    """Returns the batch of `history`.

    Args:
        history: the encoded histories.
        platforms: number of platforms that the model knows.
        types: number of event type codes that the model knows.
        views: codes of platforms whose own histories are read; empty: only the merged history.
        timeline: counts of the items over time.
        price: price rank of every vocabulary index, [items]; None without prices.
    """
    profile = profile_features(history, platforms, types)
    bins = timeline.bin_of(np.concatenate([[UNKNOWN_TIME], prediction_times(history)]))
    prices = None
    if price is not None:
        nothing = np.array([[0.5, 0.5, 0]], np.float32)
        prices = torch.from_numpy(np.concatenate([nothing, price_features(history, price)]))
    return HistoryBatch(
        pack_histories(history, views),
        tuple(views),
        torch.from_numpy(np.concatenate([np.zeros((1, profile.shape[1]), np.float32), profile])),
        prices,
        torch.from_numpy(bins),
    )
