"""Gathers small frames into large parts before they are written."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import polars as pl

_PART_ROWS = 500_000  # rows of a part


class WriteBuffer:
    """A sink that passes rows on in parts of at least half a million; close it at the end."""

    def __init__(self, sink: Callable[[pl.DataFrame], None]) -> None:
        self._sink = sink
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._lock = Lock()

    def write(self, rows: pl.DataFrame) -> None:
        """Takes `rows`."""
        with self._lock:
            self._frames.append(rows)
            self._rows += rows.height
            if self._rows >= _PART_ROWS:
                self._flush()

    def close(self) -> None:
        """Passes on what is left."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._sink(pl.concat(self._frames))
        self._frames, self._rows = [], 0
