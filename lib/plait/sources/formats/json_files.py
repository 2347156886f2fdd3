"""Reads JSON: one object per line, or documents, and the records inside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.errors import ConfigError
from plait.sources.columns.find_columns import FileColumns, first_names
from plait.sources.columns.raw_columns import FAULT, LINE, ROW, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.json_document import (
    check_encoding,
    check_size,
    has_no_records,
    not_a_document,
    split_documents,
    strip_assignment,
)
from plait.sources.formats.json_sample import JsonSample
from plait.sources.formats.text_files import count_bytes
from plait.sources.formats.utf8_lines import UNDECODABLE
from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.nested_values import struct_field
from plait.sources.values.take_path import take_path
from plait.sources.values.value_path import Elements, Field, Step, parse_path

_SAMPLE = 1_000  # records
_BOM = "\ufeff"


@dataclass(frozen=True)
class JsonReader:
    """Reads the records of one file.

    Attributes:
        file: the file, in the format json or jsonl; its text is UTF-8, see utf8_lines.
        records: the steps to the records of a document, or of a line.
        keys: the keys that may be looked for in the whole file, which is read once for all.
        typed: whether numbers are marked; see json_numbers.split_typed.
    """

    file: SourceFile
    records: tuple[Step, ...]
    keys: tuple[str, ...] = ()
    typed: bool = False

    @classmethod
    def open(
        cls, file: SourceFile, records: str | None, paths: Iterable[str], *, typed: bool
    ) -> JsonReader:
        """Returns the reader of `file`; without `records`, a top-level list is opened.

        Args:
            file: the file.
            records: the path to the records.
            paths: the paths that the file may have.
            typed: whether numbers are marked.
        """
        if records is not None:
            steps = parse_path(records)
        else:
            is_list = file.format == "json" and _first_character(file) == "["
            steps = (Elements(),) if is_list else ()
        return cls(file, steps, tuple(dict.fromkeys(_last_keys(paths))), typed)

    def columns(self) -> FileColumns:
        """Returns the keys of the records; a rare key is searched for in the whole file.

        Raises:
            polars.exceptions.NoDataError: a document is an object without keys.
        """
        sample = self.sample
        if self.file.format == "json" and sample.records == [{}]:
            msg = "there are no records"
            raise pl.exceptions.NoDataError(msg)

        def has(steps: Sequence[Step]) -> bool:
            if sample.has(steps) or not sample.records:
                return True
            if not isinstance(steps[-1], Field) or len(sample.records) == self._record_count:
                return False  # in the latter case, the sample has all records
            last = steps[-1].name
            return last not in sample.nested_names and self._mentions(last)

        return FileColumns(sample.names(), sample.paths(), has)

    @cached_property
    def sample(self) -> JsonSample:
        """Returns the first records of the file."""
        return self._first[0]

    @cached_property
    def _first(self) -> tuple[JsonSample, int]:
        """The sample, and the number of records of the document, or of the first lines."""
        records = self._first_records()
        return JsonSample.of(records.head(_SAMPLE)), len(records)

    def _first_records(self) -> pl.Series:
        """The texts of the records of all documents, or of the first lines."""
        if self.file.format == "json":
            return self._documents[1]
        texts = _scan_lines(self.file).head(_SAMPLE).collect()["line"]
        texts = texts.filter(texts.str.strip_chars() != "")
        return self._records_of(texts, decode_json(texts, JsonShape.of([self.records]))[0])

    def _records_of(self, texts: pl.Series, decoded: pl.Series) -> pl.Series:
        return _open(take_path(decoded, self.records)) if self.records else texts

    @cached_property
    def _record_count(self) -> int | None:
        """The number of records; null for a file of many lines."""
        if self.file.format == "json":
            return self._first[1]
        more = _scan_lines(self.file).slice(_SAMPLE, 1).collect()
        return None if more.height else self._first[1]

    def _mentions(self, key: str) -> bool:
        """Returns whether `key` occurs anywhere in the file, or in a document's records."""
        return self._mentioned[key] if key in self._mentioned else self._search([key])[key]

    @cached_property
    def _mentioned(self) -> dict[str, bool]:
        """Whether each of the keys that the sample lacks occurs in the rest."""
        return self._search([key for key in self.keys if key not in self.sample.nested_names])

    def _search(self, keys: Sequence[str]) -> dict[str, bool]:
        if self.file.format == "json":
            texts = self._first_records().cast(pl.String).to_frame("line").lazy()
        else:
            texts = _scan_lines(self.file)
        patterns = [pl.escape_regex(json.dumps(k, ensure_ascii=False)) + r"\s*:" for k in keys]
        mentions = (
            pl.col("line").str.contains(pattern).any().alias(str(place))
            for place, pattern in enumerate(patterns)
        )
        return dict(zip(keys, texts.select(mentions).collect().row(0), strict=True))

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and a column for the first name of each path.

        A row is a line; or a record, if the text is a document or `records` opens a list.

        Args:
            paths: the paths inside a record that are read.
            chunk: the maximum number of lines or records per frame.
        """
        inside = [tuple(self.sample.cut_at_text(path)) for path in paths]
        shape = JsonShape.of([(*self.records, *path) for path in inside] or [self.records])
        if self.file.format == "json":
            texts = self._documents[0]
            rows = pl.int_range(1, len(texts) + 1, eager=True).alias(ROW)
            frame = self._decode(pl.DataFrame([rows, texts.alias("line")]), shape, inside)
            broken = frame.filter(pl.col(FAULT) == "bad_json")
            if frame.height == 1 and has_no_records(texts[0], self.records):
                return
            if broken.height or (frame.height and not frame[FAULT].null_count()):
                raise not_a_document(self.file, [*broken[LINE], *frame[LINE]][0], self.records)
            frame = frame.with_columns(pl.lit(None, pl.String).alias(LINE))  # it would be all
            yield from _number_records(frame, 0).iter_slices(chunk)
            return
        records = 0
        for lines in _scan_lines(self.file).collect_batches(chunk_size=chunk, maintain_order=True):
            if not lines["line"].str.starts_with("{").all():
                lines = lines.filter(pl.col("line").str.strip_chars() != "")
            if lines.height:
                frame = self._decode(lines, shape, inside)
                if any(isinstance(step, Elements) for step in self.records):
                    frame = _number_records(frame, records)
                    records += frame.height
                yield frame

    @cached_property
    def _documents(self) -> tuple[pl.Series, pl.Series]:
        """The texts of the documents, usually one, and of their records."""
        # Before it is in memory, as a small compressed file may be a huge text.
        check_size(self.file, count_bytes(self.file), self.records)
        lines = _scan_lines(self.file).select("line").collect()["line"]
        check_encoding(self.file, lines)
        texts = pl.Series([strip_assignment(lines.str.join("\n")[0])])
        shape = JsonShape.of([self.records])
        decoded, bad = decode_json(texts, shape)
        if bad.any():
            with suppress(ValueError, RecursionError):  # then the document is broken
                texts = pl.Series(split_documents(texts[0]), dtype=pl.String)
                decoded, _ = decode_json(texts, shape)
        return texts, self._records_of(texts, decoded)

    def _decode(
        self, lines: pl.DataFrame, shape: JsonShape, inside: Sequence[tuple[Step, ...]]
    ) -> pl.DataFrame:
        decoded, bad = decode_json(lines["line"], shape, typed=self.typed)
        frame = lines.select(
            pl.col(ROW).cast(pl.Int64),
            pl.col("line").alias(LINE),
            pl.lit(bad).alias("bad"),
            pl.lit(take_path(decoded, self.records)).alias("record"),
        )
        depth = sum(isinstance(step, Elements) for step in self.records)
        for _ in range(depth):  # a list without elements has no records
            frame = frame.filter(
                pl.col("bad") | pl.col("record").is_null() | (pl.col("record").list.len() > 0)
            ).explode("record")
        fault, line = self._fault(lines["line"], bad)
        kind = frame.schema["record"]
        records = {
            name: struct_field(pl.col("record"), kind, name)
            for name in first_names(inside)
            if isinstance(kind, pl.Struct)
        }
        return frame.select(
            ROW,
            *(field.alias(name) for name, field in records.items()),
            fault.alias(FAULT),
            pl.lit(value=True).alias(WHOLE),
            line.alias(LINE),
        )

    def _fault(self, lines: pl.Series, bad: pl.Series) -> tuple[pl.Expr, pl.Expr]:
        """Returns the fault of each row of `_decode`, and the line of a row with a fault."""
        none = pl.lit(None, pl.String)
        if not self.records and not bad.any() and lines.str.starts_with("{").all():
            return none, none  # as in nearly all logs
        if self.records:
            empty = pl.when(pl.col("record").is_null()).then(pl.lit("no_record"))
            fault: pl.Expr = pl.when("bad").then(pl.lit("bad_json")).otherwise(empty)
        else:
            is_object = pl.col(LINE).str.strip_chars_start().str.starts_with("{")
            fault = pl.when(pl.col("bad") | ~is_object).then(pl.lit("bad_json"))
        undecodable = pl.col(LINE).str.starts_with(UNDECODABLE)
        fault = pl.when(undecodable).then(pl.lit("bad_encoding")).otherwise(fault)
        return fault, pl.when(fault.is_not_null()).then(pl.col(LINE).str.strip_prefix(UNDECODABLE))


def _last_keys(paths: Iterable[str]) -> Iterator[str]:
    """Yields the last key of each path that ends with one."""
    for path in paths:
        with suppress(ConfigError):  # the name of a column need not be a path
            steps = parse_path(path)
            if steps and isinstance(steps[-1], Field):
                yield steps[-1].name


def _number_records(frame: pl.DataFrame, before: int) -> pl.DataFrame:
    """Returns `frame` with records as rows; `before` is the number of those before it."""
    return frame.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias(ROW) + before)


def _scan_lines(file: SourceFile) -> pl.LazyFrame:
    """Returns row and line, without byte order marks, which joined files have in the middle."""
    lines = pl.scan_lines(
        file.path, name="line", row_index_name=ROW, row_index_offset=1, glob=False
    )
    return lines.with_columns(pl.col("line").str.strip_prefix(_BOM))


def _first_character(file: SourceFile) -> str:
    filled = _scan_lines(file).select(pl.col("line").str.strip_chars()).filter(pl.col("line") != "")
    first = filled.head(2).collect()["line"]  # the second may be what a script assigns
    return strip_assignment("\n".join(first)).lstrip()[:1]


def _open(records: pl.Series) -> pl.Series:
    while isinstance(records.dtype, pl.List):
        records = records.explode()
    return records.drop_nulls()
