"""Concatenates small frames into large ones before they are written."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import polars as pl

_PART_ROWS = 500_000  # rows passed on at a time, at least


class WriteBuffer:
    """Passes rows on in frames of at least half a million rows; must be closed at the end."""

    def __init__(self, sink: Callable[[pl.DataFrame], None]) -> None:
        self._sink = sink
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._lock = Lock()

    def write(self, rows: pl.DataFrame) -> None:
        """Adds `rows`, and passes the buffered rows on if there are enough."""
        with self._lock:
            self._frames.append(rows)
            self._rows += rows.height
            if self._rows >= _PART_ROWS:
                self._flush()

    def close(self) -> None:
        """Passes the remaining rows on."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._sink(pl.concat(self._frames))
        self._frames, self._rows = [], 0
