"""Reads CSV and similar files. The separator is detected from the header line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from plait.config.source_settings import CsvSettings
from plait.sources.find_files import SourceFile
from plait.sources.raw_columns import FAULT, LINE, ROW, WHOLE

_SEPARATORS = ",\t;|"
_EXTRA_FIELD = "__beyond"  # the field after the last column of the header, if a row has one


def csv_columns(file: SourceFile, settings: CsvSettings) -> list[str]:
    """Returns the column names."""
    return (
        pl.scan_csv(file.path, separator=_separator(file), infer_schema=False, glob=False)
        .collect_schema()
        .names()
    )


def read_csv(
    file: SourceFile, settings: CsvSettings, columns: Sequence[str], chunk: int
) -> Iterator[pl.DataFrame]:
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
    frame = pl.scan_csv(
        file.path,
        glob=False,
        separator=separator,
        schema=dict.fromkeys([*header, _EXTRA_FIELD], pl.String()),
        missing_columns="insert",
        truncate_ragged_lines=True,
        row_index_name=ROW,
        row_index_offset=1,
    )
    chosen = frame.select(
        pl.col(ROW).cast(pl.Int64),
        *(pl.col(column) for column in columns),
        pl.when(pl.col(_EXTRA_FIELD).is_not_null()).then(pl.lit("ragged_row")).alias(FAULT),
        (pl.col(header[-1]).is_not_null() & pl.col(_EXTRA_FIELD).is_null()).alias(WHOLE),
        pl.lit(None, pl.String).alias(LINE),
    )
    yield from chosen.collect_batches(chunk_size=chunk, maintain_order=True)


def _separator(file: SourceFile) -> str:
    head = pl.scan_lines(file.path, name="line", n_rows=1, glob=False).collect()
    line = head["line"][0] if head.height else ""
    return max(_SEPARATORS, key=lambda mark: line.count(mark))
