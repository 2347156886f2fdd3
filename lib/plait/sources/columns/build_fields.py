"""Turns the columns of a file into the fields of the contract, every value as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.contracts.event_rows import NUMBER_FIELDS
from plait.sources.columns.decode_columns import decode_columns
from plait.sources.columns.find_columns import (
    ColumnPlace,
    FileColumns,
    OpenedList,
    find_columns,
    find_opened_lists,
    paths_to_read,
)
from plait.sources.columns.open_flags import open_flags, true_flags
from plait.sources.columns.open_lists import open_lists
from plait.sources.columns.path_texts import LIST, NUMBER, PathReader, PathTexts
from plait.sources.columns.raw_columns import (
    ALWAYS_PRESENT,
    ELEMENT,
    ELEMENT_COLUMN,
    FAULT,
    FAULT_COLUMN,
    LINE,
    LINE_COLUMN,
    ROW,
    ROW_COLUMN,
    WHOLE,
    WHOLE_COLUMN,
)
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.values.map_values import ValueMapper
from plait.sources.values.value_path import Step


@dataclass(frozen=True)
class FieldBuilder:
    """Builds the fields of one file.

    Attributes:
        mapping: the values of the fields.
        file: the file.
        places: where each path is.
        lists: the lists that are opened.
    """

    mapping: SourceMapping
    file: SourceFile
    places: Mapping[str, ColumnPlace]
    lists: Sequence[OpenedList]

    @classmethod
    def of(cls, file: SourceFile, mapping: SourceMapping, columns: FileColumns) -> FieldBuilder:
        """Returns the builder for a file with these columns.

        Raises:
            UnknownColumn: the file lacks a column.
        """
        lists = find_opened_lists(file, mapping, columns)
        return cls(mapping, file, find_columns(file, mapping, columns, lists), lists)

    @property
    def paths(self) -> list[tuple[Step, ...]]:
        """The paths that are read of each row."""
        split = self.mapping.source.split is not None
        return paths_to_read(self.places.values(), self.lists, split=split)

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Returns row, element, the fields, fault, whole and line.

        Args:
            rows: the columns of the file that `paths` begin with, and those of raw_columns.
        """
        source, typed = self.mapping.source, self.mapping.marks_numbers
        rows = decode_columns(rows, self.paths, typed=typed)
        texts = self._read_texts(open_lists(rows, self.lists, source.split, typed=typed))
        flags = self.mapping.flags
        fields = texts.frame.select(
            pl.col(NUMBER + ROW).alias(ROW_COLUMN),
            pl.col(NUMBER + ELEMENT).alias(ELEMENT_COLUMN),
            *(self._field(name, texts).alias(name) for name in self.mapping.values),
            *([true_flags(self._present_flags, source.null_words)] if flags else []),
            pl.col(FAULT).alias(FAULT_COLUMN),
            pl.col(WHOLE).alias(WHOLE_COLUMN),
            pl.col(LINE).alias(LINE_COLUMN),
        )
        return open_flags(fields, flags) if flags else fields

    @cached_property
    def _read_texts(self) -> PathReader:
        return PathReader(self.mapping, self.file, self.places)

    @cached_property
    def _present_flags(self) -> list[str]:
        return [flag for flag in self.mapping.flags if flag in self.places]

    def _field(self, name: str, texts: PathTexts) -> pl.Expr:
        verbs = self.mapping.values[name]
        paths = {*self.places, *ALWAYS_PRESENT}
        if name in self.mapping.lists and verbs.column in self.places:
            verbs = verbs.model_copy(update={"column": LIST + str(verbs.column)})
            paths.add(str(verbs.column))
        decimal = self.mapping.source.decimal
        mark = decimal if name in NUMBER_FIELDS else "."
        return ValueMapper(paths, self.file.name, decimal, mark, texts.numbers, texts.mixed).value(
            verbs
        )


def no_fields(mapping: SourceMapping) -> pl.DataFrame:
    """Returns the frame of a file without rows."""
    fields = [*mapping.values, *(["type"] if mapping.flags else [])]
    return pl.DataFrame(
        schema={
            ROW_COLUMN: pl.Int64(),
            ELEMENT_COLUMN: pl.Int64(),
            **dict.fromkeys(fields, pl.String()),
            FAULT_COLUMN: pl.String(),
            WHOLE_COLUMN: pl.Boolean(),
            LINE_COLUMN: pl.String(),
        }
    )
