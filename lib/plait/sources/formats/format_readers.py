"""Opens the reader of a file's format. All readers have the same two methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import polars as pl

from plait.config.source_settings import SourceSettings
from plait.errors import ConfigError
from plait.sources.columns.find_columns import FileColumns
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_files import CsvReader
from plait.sources.formats.json_files import JsonReader
from plait.sources.formats.line_files import LineReader
from plait.sources.formats.parquet_files import ParquetReader
from plait.sources.values.value_path import Step


class FormatReader(Protocol):
    """Reads the rows of one file."""

    def columns(self) -> FileColumns:
        """Returns the columns of the file."""
        ...

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and the column that each path begins with.

        Args:
            paths: what is read of each row.
            chunk: the maximum number of rows per frame.
        """
        ...


def open_reader(
    file: SourceFile, source: SourceSettings, paths: Iterable[str] = (), *, typed: bool = False
) -> FormatReader:
    """Returns the reader of `file`.

    Args:
        file: the file.
        source: how it is written.
        paths: the paths that are looked for.
        typed: whether numbers of JSON are marked; see json_numbers.split_typed.

    Raises:
        ConfigError: `records` is set, and the file is not JSON.
    """
    if source.records is not None and file.format not in ("json", "jsonl"):
        raise ConfigError(
            f"{file.setting}.records is set, and '{file.name}' is read as {file.format}.",
            allowed="Only JSON has records inside documents.",
            fix=f"Remove {file.setting}.records, or set {file.setting}.format: json. A list in a "
            f"column is opened by {file.setting}.each.",
        )
    if file.format == "parquet":
        return ParquetReader(file)
    if file.format == "csv":
        return CsvReader(file, source.csv)
    if file.format == "lines":
        return LineReader(file, str(source.pattern), source.csv.encoding)
    return JsonReader.open(file, source.records, paths, typed=typed)
