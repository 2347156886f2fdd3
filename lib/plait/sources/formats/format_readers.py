"""Opens the reader of a file's format. All readers have the same two methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
from plait.sources.formats.text_files import actual_encoding
from plait.sources.formats.utf8_lines import prepare_lines
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


@contextmanager
def open_reader(
    file: SourceFile, source: SourceSettings, paths: Iterable[str] = (), *, typed: bool = False
) -> Iterator[FormatReader]:
    """Yields the reader of `file`. It can be used until the end, when temporary copies are removed.

    Args:
        file: the file.
        source: how it is written.
        paths: the paths that are looked for.
        typed: whether numbers of JSON are marked; see json_numbers.split_typed.

    Raises:
        ConfigError: `records` is set, and the file is not JSON.
        UnreadableFile: the text is not in the encoding of the settings.
        OSError: the file cannot be read.
    """
    if source.records is not None and file.format not in ("json", "jsonl"):
        raise ConfigError(
            f"{file.setting}.records is set, and '{file.name}' is read as {file.format}.",
            allowed="Only JSON has records inside documents.",
            fix=f"Remove {file.setting}.records, or set {file.setting}.format: json. A list in a "
            f"column is opened by {file.setting}.each.",
        )
    if file.format == "parquet":
        yield ParquetReader(file)
        return
    encoding = actual_encoding(file, source.csv.encoding)
    if file.format == "csv":
        yield CsvReader(file, source.csv.model_copy(update={"encoding": encoding}))
    elif file.format == "lines":
        yield LineReader(file, str(source.pattern), encoding)
    else:
        with ExitStack() as copies:
            here = prepare_lines(file, encoding, copies)
            yield JsonReader.open(here, source.records, paths, typed=typed)
