"""How often items were chosen lately and in all: few different values, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

MAX_COUNTS = 2**25  # counts, above which finding the different ones is not worth it


def windowed_counts(counts: torch.Tensor, windows: Sequence[int]) -> torch.Tensor:
    """Returns the events in the last `windows` bins before each bin, [m, Q, windows].

    Args:
        counts: events before each bin, [m, Q].
        windows: numbers of bins.
    """
    seen = []
    for window in windows:
        before = torch.zeros_like(counts)
        before[:, window:] = counts[:, : counts.shape[1] - window]
        seen.append(counts - before)
    return torch.stack(seen, dim=2)


@dataclass(frozen=True, eq=False)
class DistinctCounts:
    """The different rows that `windowed` gives for all items, and where each occurs.

    Most items are chosen seldom, so there are a thousand times fewer of them than of items
    times bins.

    Attributes:
        rows: int32 [U, windows].
        place: row of each item and bin, int32 [items, Q].
        source: the counts they were made of.
    """

    rows: torch.Tensor
    row_of: torch.Tensor
    counts: torch.Tensor

    @classmethod
    def of(cls, counts: torch.Tensor, windows: Sequence[int]) -> DistinctCounts | None:
        """Returns the levels of `counts`, int32 [items, Q]; None where they would not pay."""
        if counts.numel() > MAX_COUNTS:
            return None
        columns = windowed_counts(counts, windows).view(-1, len(windows)).long()
        key = torch.zeros(len(columns), dtype=torch.int64, device=counts.device)
        for column in columns.unbind(1):
            # Numbered anew for each column, so that keys stay small.
            key = torch.unique(key * (int(column.max()) + 1) + column, return_inverse=True)[1]
        rows = columns.new_empty(int(key.max()) + 1, len(windows))
        rows[key] = columns
        return cls(rows.int(), key.int().view(counts.shape), counts)
