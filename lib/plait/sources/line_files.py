"""Reads lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from plait.sources.find_files import SourceFile


def line_columns(pattern: str) -> list[str]:
    """Returns the groups."""
    raise NotImplementedError


def read_lines(
    file: SourceFile, pattern: str, columns: Sequence[str], chunk: int, encoding: str
) -> Iterator[pl.DataFrame]:
    """Reads."""
    raise NotImplementedError
