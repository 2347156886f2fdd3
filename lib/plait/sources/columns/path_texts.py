"""The text of every path that the values of a source name, for the rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.sources.columns.decode_columns import source_column
from plait.sources.columns.find_columns import ColumnPlace
from plait.sources.columns.open_lists import opened_column
from plait.sources.columns.raw_columns import ALWAYS_PRESENT, ELEMENT, FAULT, FILE, LINE, ROW, WHOLE
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.values.json_numbers import split_typed, without_marks
from plait.sources.values.map_values import RAW, TYPED
from plait.sources.values.null_words import null_words_to_null
from plait.sources.values.take_path import take_path
from plait.sources.values.value_text import is_real, to_joined_text, to_text

LIST = "$list:"  # marks the text of a path whose lists are joined
NUMBER = "$number:"  # marks the row and the element as numbers; they are text as columns


@dataclass(frozen=True)
class PathTexts:
    """The texts of some rows.

    Attributes:
        frame: the columns of raw_columns, and of each path its text: under its own name (of parts
            of values; null words are null), with RAW, and with LIST if its lists are joined.
        numbers: the paths whose values are typed numbers.
        mixed: the paths of which some values are; the frame has TYPED columns that tell which.
    """

    frame: pl.DataFrame
    numbers: frozenset[str]
    mixed: frozenset[str]


@dataclass(frozen=True)
class PathReader:
    """Reads the texts of the paths of one file.

    Attributes:
        mapping: the values that name the paths.
        file: the file.
        places: where each path is.
    """

    mapping: SourceMapping
    file: SourceFile
    places: Mapping[str, ColumnPlace]

    def __call__(self, rows: pl.DataFrame) -> PathTexts:
        """Returns the texts of `rows`, whose columns are decoded and whose lists are opened."""
        columns: list[pl.Series] = []
        numbers: set[str] = set()
        mixed: set[str] = set()
        for path, values in self._path_values(rows):
            text = to_text(values)
            if self.mapping.marks_numbers:
                text, typed = split_typed(text)
                if typed.any():
                    mixed.add(path)
                    columns.append(typed.alias(TYPED + path))
            columns.append(text.alias(RAW + path))
            if is_real(values.dtype):
                numbers.add(path)
            if path in self._joined:
                columns.append(without_marks(to_joined_text(values)).alias(RAW + LIST + path))
        always = {
            ROW: pl.col(ROW).cast(pl.String),
            ELEMENT: pl.col(ELEMENT).cast(pl.String),
            FILE: pl.lit(self.file.name),
        }
        frame = rows.select(
            pl.col(ROW).alias(NUMBER + ROW),
            pl.col(ELEMENT).alias(NUMBER + ELEMENT),
            FAULT,
            WHOLE,
            LINE,
            *(always[path].alias(RAW + path) for path in self._always_used),
        ).with_columns(columns)
        if self._inner_paths:
            parts = frame.select(pl.col(RAW + path).alias(path) for path in self._inner_paths)
            frame = frame.hstack(null_words_to_null(parts, self.mapping.source.null_words))
        return PathTexts(frame, frozenset(numbers), frozenset(mixed))

    def _path_values(self, rows: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
        """Yields each path, and its values."""
        typed = self.mapping.marks_numbers
        for path, place in self.places.items():
            if not place.column:
                partition = pl.Series([self.file.partitions.get(path)])
                yield path, partition.new_from_index(0, rows.height)
                continue
            column = opened_column(place.column) if place.opened else source_column(rows, place)
            yield path, take_path(rows[column], place.steps, typed=typed)

    @cached_property
    def _always_used(self) -> list[str]:
        """The columns that always exist, of those that a value names."""
        named = {named.path for named in self.mapping.named_paths()}
        return [path for path in ALWAYS_PRESENT if path in named]

    @cached_property
    def _inner_paths(self) -> list[str]:
        """The paths that are parts of a value, in which null words are null."""
        named = [named.path for named in self.mapping.named_paths() if named.part]
        present = {*self.places, *ALWAYS_PRESENT}
        return [path for path in dict.fromkeys(named) if path in present]

    @cached_property
    def _joined(self) -> frozenset[str]:
        """The paths whose lists are joined."""
        values = self.mapping.values
        return frozenset(str(values[name].column) for name in self.mapping.lists if name in values)
