"""Masks the lines of broken rows: their form stays, and what was written in them goes."""

from __future__ import annotations

import re

import polars as pl

from plait.contracts.mask_lines import mask_lines
from plait.sources.columns.raw_columns import LINE_COLUMN
from plait.sources.columns.source_mapping import SourceMapping

_PATH = re.compile(r"[.\[\]]+")  # what separates the keys of a path


def mask_broken_lines(rows: pl.DataFrame, mapping: SourceMapping) -> pl.Series:
    """Returns the masked line of each row as JSON; null if the line is not known.

    Args:
        rows: rows of a chunk, which may have the text of their line.
        mapping: the values of the source, whose columns are named in the clear.
    """
    if LINE_COLUMN not in rows.columns:
        return pl.Series([None] * rows.height, dtype=pl.String)
    paths = [*mapping.opened, *(named.path for named in mapping.named_paths())]
    names = {part for path in paths for part in (path, *_PATH.split(path)) if part}
    lines = mask_lines(rows[LINE_COLUMN], names).alias(LINE_COLUMN).to_frame()
    known = pl.when(pl.col(LINE_COLUMN).is_not_null())
    return lines.select(known.then(pl.struct(LINE_COLUMN).struct.json_encode())).to_series()
