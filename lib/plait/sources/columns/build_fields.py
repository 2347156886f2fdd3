"""Turns the columns of a file into the fields of the contract, every value as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.contracts.event_rows import NO_FLAG, NUMBER_FIELDS
from plait.sources.columns.decode_columns import decode_columns, source_column
from plait.sources.columns.find_columns import (
    ColumnPlace,
    FileColumns,
    OpenedList,
    find_columns,
    find_opened_lists,
    paths_to_read,
)
from plait.sources.columns.open_lists import open_lists, opened_column
from plait.sources.columns.raw_columns import (
    ALWAYS_PRESENT,
    ELEMENT,
    ELEMENT_COLUMN,
    FAULT,
    FAULT_COLUMN,
    FILE,
    LINE,
    LINE_COLUMN,
    ROW,
    ROW_COLUMN,
    WHOLE,
    WHOLE_COLUMN,
)
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.values.map_values import RAW, ValueMapper
from plait.sources.values.null_words import null_words_to_null
from plait.sources.values.take_path import take_path
from plait.sources.values.value_path import Step
from plait.sources.values.value_text import is_real, to_joined_text, to_text

_LIST = "$list:"  # marks the text of a path whose lists are joined
_NUMBER = "$number:"  # marks the row and the element as numbers; they are text as columns
_FALSE = ("", "0", "false", "no", "n", "f", "off")


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
        rows = decode_columns(rows, self.paths)
        rows = open_lists(rows, self.lists, self.mapping.source.split)
        texts, numbers = self._path_texts(rows)
        fields = texts.select(
            pl.col(_NUMBER + ROW).alias(ROW_COLUMN),
            pl.col(_NUMBER + ELEMENT).alias(ELEMENT_COLUMN),
            *(self._field(name, numbers).alias(name) for name in self.mapping.values),
            *self._flag_names(),
            pl.col(FAULT).alias(FAULT_COLUMN),
            pl.col(WHOLE).alias(WHOLE_COLUMN),
            pl.col(LINE).alias(LINE_COLUMN),
        )
        return self._open_flags(fields) if self.mapping.flags else fields

    def _path_texts(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
        """Returns `rows` with the text of each path under its own name, and the typed numbers."""
        texts: list[pl.Series] = []
        numbers: set[str] = set()
        for path, place in self.places.items():
            if not place.column:
                partition = pl.Series([self.file.partitions.get(path)], dtype=pl.String)
                values = partition.new_from_index(0, rows.height)
            elif place.opened:
                values = take_path(rows[opened_column(place.column)], place.steps)
            else:
                values = take_path(rows[source_column(rows, place)], place.steps)
            texts.append(to_text(values).alias(path))
            if is_real(values.dtype):
                numbers.add(path)
            if path in self._joined:
                texts.append(to_joined_text(values).alias(_LIST + path))
        always = {
            ROW: pl.col(ROW).cast(pl.String),
            ELEMENT: pl.col(ELEMENT).cast(pl.String),
            FILE: pl.lit(self.file.name),
        }
        frame = rows.select(
            pl.col(ROW).alias(_NUMBER + ROW),
            pl.col(ELEMENT).alias(_NUMBER + ELEMENT),
            FAULT,
            WHOLE,
            LINE,
            *(always[path].alias(RAW + path) for path in self._always_used),
        ).with_columns(text.alias(RAW + text.name) for text in texts)
        if not self._inner_paths:
            return frame, numbers
        parts = frame.select(pl.col(RAW + path).alias(path) for path in self._inner_paths)
        return frame.hstack(null_words_to_null(parts, self.mapping.source.null_words)), numbers

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

    def _field(self, name: str, numbers: Collection[str]) -> pl.Expr:
        verbs = self.mapping.values[name]
        paths = {*self.places, *ALWAYS_PRESENT}
        if name in self.mapping.lists and verbs.column in self.places:
            verbs = verbs.model_copy(update={"column": _LIST + str(verbs.column)})
            paths.add(str(verbs.column))
        decimal = self.mapping.source.decimal
        mark = decimal if name in NUMBER_FIELDS else "."
        return ValueMapper(paths, self.file.name, decimal, mark, numbers).value(verbs)

    @cached_property
    def _joined(self) -> frozenset[str]:
        """The paths whose lists are joined."""
        values = self.mapping.values
        return frozenset(str(values[name].column) for name in self.mapping.lists if name in values)

    def _flag_names(self) -> list[pl.Expr]:
        """Returns the list of the flags that are true, if the log has flags."""
        if not self.mapping.flags:
            return []
        names = []
        for flag in self.mapping.flags:
            text = pl.col(RAW + flag).str.strip_chars().str.to_lowercase()
            zero = text.cast(pl.Float64, strict=False) == 0
            is_set = text.is_not_null() & ~text.is_in(_FALSE) & ~zero.fill_null(value=False)
            null_word = pl.col(RAW + flag).str.strip_chars().is_in(self.mapping.source.null_words)
            names.append(pl.when(is_set & ~null_word).then(pl.lit(flag)))
        return [pl.concat_list(names).alias("type")]

    def _open_flags(self, fields: pl.DataFrame) -> pl.DataFrame:
        """Returns one row per true flag; a row without any has the type NO_FLAG.

        The number of the element tells the flag, so that it does not depend on other flags.
        """
        places = {flag: place for place, flag in enumerate(self.mapping.flags)}
        opened = fields.with_columns(pl.col("type").list.drop_nulls())
        opened = opened.explode("type", empty_as_null=True)
        before = (pl.col(ELEMENT_COLUMN).fill_null(1) - 1) * len(places)
        place = pl.col("type").replace_strict(places, default=0, return_dtype=pl.Int64)
        return opened.with_columns(
            pl.col("type").fill_null(NO_FLAG), (before + place + 1).alias(ELEMENT_COLUMN)
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
