"""Reads CSV and similar files: any separator, encoding and quote; with a header or without.

Plain files are read by Polars as they are. A file that Polars cannot read exactly (another
encoding, a longer separator, a broken quote, bytes that are not UTF-8) is first written to a
temporary copy in a form that it can. A broken line is there a row whose first two values beyond the
columns are its fault and its text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.config.source_settings import CsvSettings
from plait.config.yaml_text import write_inline
from plait.errors import UnknownColumn
from plait.sources.columns.find_columns import FileColumns, first_names, text_columns
from plait.sources.columns.raw_columns import FAULT, LINE, ROW, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_copy import PreparedFile, prepare_copy
from plait.sources.formats.csv_header import CsvLayout, read_layout
from plait.sources.formats.csv_repair import FAULT_MARK, TEXT_STAND_IN
from plait.sources.formats.csv_widths import FullRows
from plait.sources.values.value_path import Step

_ROW_INDEX = "__row"
_BEYOND = "__beyond"  # the field after the last column of the header, if a row has one
_TEXT = "__text"  # the field after that: the text of a broken line
_NO_SEPARATOR = "\x7f"  # a line is cut where it has one


@dataclass(frozen=True)
class CsvReader:
    """Reads the rows of one CSV file."""

    file: SourceFile
    settings: CsvSettings

    @cached_property
    def _layout(self) -> CsvLayout:
        """The layout of the file.

        Raises:
            polars.exceptions.NoDataError: there is no header, and none is set.
        """
        layout = read_layout(self.file, self.settings)
        if layout is None:
            msg = "there is no header"
            raise pl.exceptions.NoDataError(msg)
        return layout

    def columns(self) -> FileColumns:
        """Returns the columns, without blanks around them; a name may occur twice, or be empty.

        Raises:
            polars.exceptions.NoDataError: there is no header, and none is set.
        """
        return text_columns([name.strip() for name in self._layout.columns])

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields frames: ROW, the column each path begins with, FAULT, WHOLE, LINE.

        ROW (Int64) counts the records after the header from 1: blank lines count, skipped lines
        and comments do not, and a quoted value with line ends is a part of one record. FAULT is
        null, or 'ragged_row' (more values than columns), 'bad_quote' or 'bad_encoding'. WHOLE is
        false if values may be in the wrong columns: a row that has, or may have, fewer values than
        columns. LINE is the text of a line with 'bad_quote' or 'bad_encoding'.

        Raises:
            UnknownColumn: a column is missing, or the header names it twice.
            UnreadableFile: the text is not in the encoding of the settings.
            OSError: the file cannot be read.
        """
        layout = self._layout
        places = {name: _place(self.file, layout, name) for name in first_names(paths)}
        with ExitStack() as copies:
            here = prepare_copy(self.file, self.settings.encoding, layout, copies)
            names = [f"c{place}" for place in range(len(layout.columns))]
            frame = _scan(
                here, layout, here.separator, layout.quote, [*names, _BEYOND, _TEXT]
            ).select(
                pl.col(_ROW_INDEX).cast(pl.Int64).alias(ROW),
                *(pl.col(names[place]).alias(name) for name, place in places.items()),
                *_tell_faults(names[-1], here),
            )
            lines = _scan(here, layout, _NO_SEPARATOR, None, ["line"])
            full = FullRows(lines, here.separator, layout.quote, len(names), chunk)
            try:
                for rows in frame.collect_batches(chunk_size=chunk, maintain_order=True):
                    yield _with_full_rows(rows, full)
            except pl.exceptions.NoDataError:
                return


def _scan(
    here: PreparedFile,
    layout: CsvLayout,
    separator: str,
    quote: str | None,
    columns: Sequence[str],
) -> pl.LazyFrame:
    """Returns the rows after the header, with their numbers from 1; every value is text."""
    return pl.scan_csv(
        here.path,
        glob=False,
        has_header=False,
        skip_lines=layout.lines,
        separator=separator,
        quote_char=quote,
        comment_prefix=layout.comment,
        eol_char="\r" if layout.returns else "\n",
        schema=dict.fromkeys(columns, pl.String()),
        missing_columns="insert",
        extra_columns="ignore",
        truncate_ragged_lines=True,
        row_index_name=_ROW_INDEX,
        row_index_offset=1,
    )


def _with_full_rows(rows: pl.DataFrame, full: FullRows) -> pl.DataFrame:
    """Returns `rows` with WHOLE also where only the last value is empty.

    Polars does not tell such a row from one that lacks values, so the text of rows is looked at.
    """
    unsure = ~rows[WHOLE] & rows[FAULT].is_null()
    if not unsure.any():
        return rows
    return rows.with_columns(pl.col(WHOLE) | (unsure & full.of(rows[ROW])))


def _tell_faults(last: str, here: PreparedFile) -> list[pl.Expr]:
    """Returns FAULT, WHOLE and LINE; `last` is the last column."""
    beyond = pl.col(_BEYOND)
    ragged = pl.when(beyond.is_not_null()).then(pl.lit("ragged_row"))
    whole = (pl.col(last).is_not_null() & beyond.is_null()).alias(WHOLE)
    if not here.repaired:
        line = pl.lit(None, pl.String()).alias(LINE)
        return [ragged.alias(FAULT), whole, line]
    broken = beyond.str.starts_with(FAULT_MARK)
    text = pl.col(_TEXT).str.replace_all(TEXT_STAND_IN, here.separator, literal=True)
    fault = pl.when(broken).then(beyond.str.strip_prefix(FAULT_MARK)).otherwise(ragged)
    return [fault.alias(FAULT), whole, pl.when(broken).then(text).alias(LINE)]


def _place(file: SourceFile, layout: CsvLayout, name: str) -> int:
    """Returns the place of a column; the exact name wins over one with blanks around it."""
    exact = [i for i, column in enumerate(layout.columns) if column == name]
    found = exact or [i for i, c in enumerate(layout.columns) if c.strip() == name.strip()]
    if len(found) == 1:
        return found[0]
    trimmed = [column.strip() for column in layout.columns]
    if not found:
        raise UnknownColumn(
            f"'{file.name}' has no column '{name}' (columns: {', '.join(trimmed)}).",
            fix=f"Correct the columns of {file.setting}.",
        )
    new, free = list(trimmed), (f"{name.strip()}_{count}" for count in itertools.count(2))
    for place in found[1:]:
        new[place] = next(each for each in free if each not in trimmed)
    listed = " and ".join(str(place + 1) for place in found)
    raise UnknownColumn(
        f"the header of '{file.name}' names column '{name}' twice: columns {listed} of "
        f"{len(trimmed)}.",
        fix=f"Set {file.setting}.csv.header: {write_inline(new)} and "
        f"{file.setting}.csv.skip: {layout.lines}",
    )
