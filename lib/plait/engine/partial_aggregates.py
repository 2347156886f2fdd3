"""Merges partial results as they arrive, so that their memory stays bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from threading import Lock

import polars as pl

from plait.engine.engine import Frames, MergeFunction

_MAX_PENDING_ROWS = 2_000_000  # rows of partial results held before they are merged


class PartialAggregates:
    """Partial results by name, merged when many rows are pending, and at the end."""

    def __init__(self, merges: Mapping[str, MergeFunction]) -> None:
        self._merges = merges
        self._parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self._pending_rows: dict[str, int] = defaultdict(int)
        self._lock = Lock()

    def add(self, frames: Frames) -> None:
        """Adds a partial result for each name in `frames`."""
        with self._lock:
            for name, frame in frames.items():
                self._parts[name].append(frame)
                self._pending_rows[name] += frame.height
                if self._pending_rows[name] > _MAX_PENDING_ROWS:
                    self._parts[name] = [self._merge(name)]
                    self._pending_rows[name] = 0

    def finish(self) -> dict[str, pl.DataFrame]:
        """Returns each name's merged frame."""
        return {name: self._merge(name) for name in self._parts}

    def _merge(self, name: str) -> pl.DataFrame:
        whole = pl.concat(self._parts[name], how="vertical")
        # The merged frame must again be a partial result: the same columns in the same order.
        return self._merges[name](whole).select(whole.columns)
