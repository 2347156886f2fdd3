"""Reads text files by a regular expression: a line is a row, a named group is a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import polars as pl

from plait.errors import UnknownColumn, nearest
from plait.sources.columns.find_columns import FileColumns, first_names, text_columns
from plait.sources.columns.raw_columns import FAULT, LINE, ROW, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.utf8_lines import UNDECODABLE, prepare_lines
from plait.sources.values.value_path import Step


def line_columns(pattern: str) -> list[str]:
    """Returns the names of the groups of `pattern`, in order."""
    groups = pl.select(pl.lit("").str.extract_groups(pattern)).to_series()
    return [name for name in groups.struct.fields if not name.isdigit()]


@dataclass(frozen=True)
class LineReader:
    """Reads lines of text by a pattern, whose named groups are the columns."""

    file: SourceFile
    pattern: str
    encoding: str = "utf-8"

    def columns(self) -> FileColumns:
        """Returns the named groups of the pattern."""
        return text_columns(line_columns(self.pattern))

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields frames: ROW, the column each path begins with, FAULT, WHOLE, LINE.

        ROW (Int64) is the number of the line in the file, from 1. Blank lines are not rows.
        FAULT is 'bad_line' if the pattern is not found in the line, or 'bad_encoding'; LINE
        is its text. A group that takes no part in the match is null.

        Raises:
            UnknownColumn: the pattern has no group of that name.
            UnreadableFile: the text is not in `encoding`.
            OSError: the file cannot be read.
        """
        known = line_columns(self.pattern)
        columns = first_names(paths)
        for name in columns:
            if name not in known:
                raise UnknownColumn(
                    f"the pattern of '{self.file.name}' has no group '{name}'.",
                    allowed=nearest(name, known),
                    fix=f"Name a group of {self.file.setting}.pattern so: (?P<{name}>...).",
                )
        line = pl.col("line")
        with ExitStack() as copies:
            frame = pl.scan_lines(
                prepare_lines(self.file, self.encoding, copies).path,
                name="line",
                row_index_name=ROW,
                glob=False,
            )
            frame = frame.with_columns(
                pl.col(ROW).cast(pl.Int64) + 1,
                line.str.strip_suffix("\r").str.strip_prefix("\ufeff"),
            ).filter(line.str.contains(r"\S"))
            undecodable = line.str.starts_with(UNDECODABLE)
            fault = (
                pl.when(undecodable)
                .then(pl.lit("bad_encoding"))
                .when(~line.str.contains(self.pattern))
                .then(pl.lit("bad_line"))
            )
            groups = line.str.extract_groups(self.pattern).alias("groups")
            frame = frame.with_columns(groups, fault.alias(FAULT))
            faulty = pl.col(FAULT).is_not_null()
            frame = frame.select(
                ROW,
                *(
                    pl.when(~faulty).then(pl.col("groups").struct.field(name)).alias(name)
                    for name in columns
                ),
                FAULT,
                (~faulty).alias(WHOLE),
                pl.when(faulty).then(line.str.strip_prefix(UNDECODABLE)).alias(LINE),
            )
            for batch in frame.collect_batches(chunk_size=chunk, maintain_order=True):
                if batch.height:
                    yield batch
