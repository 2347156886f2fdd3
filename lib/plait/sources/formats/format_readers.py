"""Opens the reader of a file's format. All readers have the same two methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from plait.config.source_settings import CsvSettings, SourceSettings
from plait.errors import ConfigError
from plait.sources.columns.find_columns import FileColumns
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_files import csv_columns, read_csv
from plait.sources.formats.json_files import JsonReader
from plait.sources.formats.line_files import line_columns, read_lines
from plait.sources.formats.parquet_files import ParquetReader
from plait.sources.formats.text_files import actual_encoding
from plait.sources.formats.utf8_lines import prepare_lines
from plait.sources.values.value_path import Field, Step


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
    file: SourceFile, source: SourceSettings, *, typed: bool = False
) -> Iterator[FormatReader]:
    """Yields the reader of `file`. It can be used until the end, when temporary copies are removed.

    Args:
        file: the file.
        source: how it is written.
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
            yield JsonReader.open(here, source.records, typed=typed)


@dataclass(frozen=True)
class CsvReader:
    """Reads the rows of a CSV file."""

    file: SourceFile
    settings: CsvSettings

    def columns(self) -> FileColumns:
        """Returns the columns of the file.

        Raises:
            polars.exceptions.NoDataError: there is no header.
        """
        names = csv_columns(self.file, self.settings)
        if not names:
            msg = "there is no header"
            raise pl.exceptions.NoDataError(msg)
        return _text_columns(names)

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and the column that each path begins with."""
        return read_csv(self.file, self.settings, _first_names(paths), chunk)


@dataclass(frozen=True)
class LineReader:
    """Reads lines of text by a pattern, whose named groups are the columns."""

    file: SourceFile
    pattern: str
    encoding: str

    def columns(self) -> FileColumns:
        """Returns the named groups of the pattern."""
        return _text_columns(line_columns(self.pattern))

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and the column that each path begins with."""
        return read_lines(self.file, self.pattern, _first_names(paths), chunk, self.encoding)


def _text_columns(names: list[str]) -> FileColumns:
    """Returns columns of text, which may hold JSON."""

    def has(steps: Sequence[Step]) -> bool:
        return isinstance(steps[0], Field) and steps[0].name in names

    return FileColumns(names, names, has)


def _first_names(paths: Iterable[Sequence[Step]]) -> list[str]:
    firsts = (path[0] for path in paths)
    return list(dict.fromkeys(step.name for step in firsts if isinstance(step, Field)))
