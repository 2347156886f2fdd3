"""Event counts of items in windows of time bins, and their distinct values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

MAX_COUNTS = 2**25  # with more counts, finding the distinct rows costs more than it saves


def windowed_counts(counts: torch.Tensor, windows: Sequence[int]) -> torch.Tensor:
    """Returns the number of events in the last bins before each bin, [m, Q, windows].

    Args:
        counts: events before each bin, [m, Q].
        windows: the window sizes, in bins.
    """
    seen = []
    for window in windows:
        before = torch.zeros_like(counts)
        before[:, window:] = counts[:, : counts.shape[1] - window]
        seen.append(counts - before)
    return torch.stack(seen, dim=2)


@dataclass(frozen=True, eq=False)
class DistinctCounts:
    """The distinct rows of `windowed_counts` over all items, and where each occurs.

    Most items have few events, so there are about a thousand times fewer distinct rows than
    pairs of an item and a bin.

    Attributes:
        rows: the U distinct rows, int32 [U, windows].
        row_of: row of each item and bin, int32 [items, Q].
        counts: the counts that the rows were computed from, int32 [items, Q].
    """

    rows: torch.Tensor
    row_of: torch.Tensor
    counts: torch.Tensor

    @classmethod
    def of(cls, counts: torch.Tensor, windows: Sequence[int]) -> DistinctCounts | None:
        """Returns the distinct rows of `counts`, int32 [items, Q]; None above MAX_COUNTS counts."""
        if counts.numel() > MAX_COUNTS:
            return None
        columns = windowed_counts(counts, windows).view(-1, len(windows)).long()
        key = torch.zeros(len(columns), dtype=torch.int64, device=counts.device)
        for column in columns.unbind(1):
            # Keys are renumbered after each column, so that they stay small.
            key = torch.unique(key * (int(column.max()) + 1) + column, return_inverse=True)[1]
        rows = columns.new_empty(int(key.max()) + 1, len(windows))
        rows[key] = columns
        return cls(rows.int(), key.int().view(counts.shape), counts)
