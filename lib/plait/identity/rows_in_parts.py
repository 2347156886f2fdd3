"""Works on rows of accounts one part after the other, in little memory."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

# Rows of one part are encoded for comparison at the same time, which takes more than they do.
_PART_ROWS = 250_000
_MOST_PARTS = 16  # each part looks at all rows


def split_rows(rows: pl.DataFrame, by: str) -> Iterator[pl.DataFrame]:
    """Yields `rows` in parts; rows with the same value of `by` are in one part."""
    parts = min(1 + rows.height // _PART_ROWS, _MOST_PARTS)
    if parts == 1:
        yield rows
        return
    part = rows[by].hash() % parts
    for number in range(parts):
        yield rows.filter(part == number)


def distinct_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the distinct rows of `rows`, in no order.

    Args:
        rows: account, and any other columns.
    """
    return pl.concat(part.unique() for part in split_rows(rows, "account"))
