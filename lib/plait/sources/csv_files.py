"""Reads CSV and similar files. The separator is detected from the header line."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.sources.check_columns import check_columns
from plait.sources.find_files import SourceFile

_ROW_INDEX = "__row"  # a name no file is expected to use

_SEPARATORS = ",\t;|"
_EXTRA_FIELD = "__beyond"  # the field after the last column of the header, if a row has one


def scan_csv(file: SourceFile, fields: Mapping[str, str], keys: Mapping[str, str]) -> pl.LazyFrame:
    """Returns `row`, the fields as text, `fault` and `whole`.

    `fault` is 'ragged_row' if a row has more fields than columns. `whole` is false if it has fewer,
    because its values may be in the wrong columns. A row whose last field is empty looks the same.
    """
    separator = _separator(file)
    header = (
        pl.scan_csv(file.path, separator=separator, infer_schema=False, glob=False)
        .collect_schema()
        .names()
    )
    check_columns(file, keys, header)
    frame = pl.scan_csv(
        file.path,
        glob=False,
        separator=separator,
        schema=dict.fromkeys([*header, _EXTRA_FIELD], pl.String()),
        missing_columns="insert",
        truncate_ragged_lines=True,
        row_index_name=_ROW_INDEX,
        row_index_offset=1,
    )
    return frame.select(
        pl.col(_ROW_INDEX).alias("row"),
        *(pl.col(column).alias(name) for name, column in fields.items()),
        fault=pl.when(pl.col(_EXTRA_FIELD).is_not_null()).then(pl.lit("ragged_row")),
        whole=pl.col(header[-1]).is_not_null() & pl.col(_EXTRA_FIELD).is_null(),
    )


def _separator(file: SourceFile) -> str:
    head = pl.scan_lines(file.path, name="line", n_rows=1, glob=False).collect()
    line = head["line"][0] if head.height else ""
    return max(_SEPARATORS, key=lambda mark: line.count(mark))
