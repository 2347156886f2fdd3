"""Reads Parquet files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq

from plait.errors import UnreadableFile
from plait.sources.columns.find_columns import FileColumns, first_names
from plait.sources.columns.raw_columns import FAULT, LINE, ROW, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.values.take_path import has_path, list_paths
from plait.sources.values.value_path import Field, Step

# Polars panics at the zones of a file that it does not know, such as +05:30. Times in a file are
# UTC, whatever its zone is.
os.environ.setdefault("POLARS_IGNORE_TIMEZONE_PARSE_ERROR", "1")

_ROW_INDEX = "$plait:row"  # a file may have the column `$row`


@dataclass(frozen=True)
class ParquetReader:
    """Reads the rows of one Parquet file."""

    file: SourceFile

    def columns(self) -> FileColumns:
        """Returns the columns of the file.

        Raises:
            polars.exceptions.NoDataError: there are no columns.
            UnreadableFile: two columns have one name.
        """
        try:
            kinds = dict(self._rows.collect_schema())
        except pl.exceptions.DuplicateError:
            ((name, n),) = Counter(pq.read_schema(self.file.path).names).most_common(1)
            raise UnreadableFile(
                f"'{self.file.name}' has {n:,} columns '{name}'.",
                fix="Write it again with a name of its own for each column.",
            ) from None
        kinds.pop(_ROW_INDEX)
        if not kinds:
            msg = "there are no columns"
            raise pl.exceptions.NoDataError(msg)
        paths = [path for name, kind in kinds.items() for path in list_paths(name, kind)]

        def has(steps: Sequence[Step]) -> bool:
            first = steps[0]
            kind = kinds.get(first.name) if isinstance(first, Field) else None
            return kind is not None and has_path(kind, steps[1:])

        return FileColumns(list(kinds), paths, has)

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and the column that each path begins with."""
        names = first_names(paths)
        frame = self._rows
        if self.file.rows:
            frame = frame.slice(*self.file.rows)  # other row groups are not read
        if self.file.deleted_rows:
            deleted = pl.Series(self.file.deleted_rows).implode()
            frame = frame.filter(~pl.col(_ROW_INDEX).is_in(deleted))
        chosen = frame.select(
            pl.col(_ROW_INDEX).cast(pl.Int64).alias(ROW),
            cs.by_name(*names),
            pl.lit(None, pl.String).alias(FAULT),
            pl.lit(value=True).alias(WHOLE),
            pl.lit(None, pl.String).alias(LINE),
        )
        identifiers = self._uuid_columns(names)
        for rows in chosen.collect_batches(chunk_size=chunk, maintain_order=True):
            yield rows.with_columns(_uuid_text(name) for name in identifiers)

    @cached_property
    def _schema(self) -> pa.Schema:
        return pq.read_schema(self.file.path)

    @cached_property
    def _rows(self) -> pl.LazyFrame:
        return pl.scan_parquet(
            self.file.path, row_index_name=_ROW_INDEX, row_index_offset=1, glob=False
        )

    def _uuid_columns(self, names: Sequence[str]) -> list[str]:
        """Returns which of `names` hold UUIDs; Polars does not tell them from other bytes."""
        kinds = self._rows.collect_schema()
        if not any(isinstance(kinds[name], pl.Binary) for name in names):
            return []
        return [name for name in names if self._schema.field(name).type == pa.uuid()]


def _uuid_text(name: str) -> pl.Expr:
    digits = pl.col(name).bin.encode("hex")
    dashed = digits.str.replace(r"^(.{8})(.{4})(.{4})(.{4})(.{12})$", "$1-$2-$3-$4-$5")
    return dashed.alias(name)


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
