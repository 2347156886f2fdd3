"""Reads Parquet files. Values are converted to text, so that all formats have the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from plait.contracts.event_rows import LIST_SEPARATOR
from plait.sources.check_columns import check_columns
from plait.sources.find_files import SourceFile

_ROW_INDEX = "__row"  # a name no file is expected to use


def scan_parquet(
    file: SourceFile, fields: Mapping[str, str], keys: Mapping[str, str]
) -> pl.LazyFrame:
    """Returns `row`, the fields as text, `fault` (always null) and `whole` (always true)."""
    frame = pl.scan_parquet(file.path, row_index_name=_ROW_INDEX, row_index_offset=1, glob=False)
    schema = frame.collect_schema()
    check_columns(file, keys, [name for name in schema.names() if name != _ROW_INDEX])
    if file.rows:
        frame = frame.slice(*file.rows)  # other row groups are not read
    if file.deleted_rows:
        frame = frame.filter(~pl.col(_ROW_INDEX).is_in(pl.Series(file.deleted_rows).implode()))
    return frame.select(
        pl.col(_ROW_INDEX).alias("row"),
        *(_as_text(column, schema[column]).alias(name) for name, column in fields.items()),
        fault=pl.lit(None, pl.String),
        whole=pl.lit(value=True),
    )


def split_by_row_groups(file: SourceFile, most: int) -> list[SourceFile]:
    """Splits `file` into ranges of row groups of about `most` rows, to read them in parallel.

    A file that is not Parquet, is small, is on S3, or cannot be read is not split.
    """
    if file.format != "parquet" or file.remote:
        return [file]
    try:
        about = pq.read_metadata(file.path)
    except (OSError, pa.ArrowException):
        return [file]  # the reader reports the error
    pieces: list[tuple[int, int]] = []
    first = rows = 0
    for group in range(about.num_row_groups):
        rows += about.row_group(group).num_rows
        if rows >= most or group == about.num_row_groups - 1:
            pieces.append((first, rows))
            first, rows = first + rows, 0
    pieces = [piece for piece in pieces if piece[1]]
    return [replace(file, rows=piece) for piece in pieces] if len(pieces) > 1 else [file]


def _as_text(column: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(column)
    if isinstance(kind, pl.Datetime):
        utc = value.dt.convert_time_zone("UTC") if kind.time_zone else value
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if isinstance(kind, pl.Binary):
        return value.bin.encode("hex")
    if isinstance(kind, (pl.List, pl.Array)):
        # Names do not contain the unit separator, so a list can be joined to text and split
        # again.
        return value.cast(pl.List(pl.String)).list.join(LIST_SEPARATOR)
    if isinstance(kind, pl.Struct):
        return value.struct.json_encode()
    return value.cast(pl.String)
