"""Parses numbers."""

from __future__ import annotations

import polars as pl


def parse_numbers(text: pl.Series, decimal: str = ".") -> pl.Series:
    """Returns Float64; null if `text` is not a number."""
    if decimal == ",":
        text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)
