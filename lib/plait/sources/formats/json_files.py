"""Reads JSON: one object per line, or documents, and the records inside them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.errors import UnknownColumn, UnreadableFile
from plait.sources.columns.find_columns import FileColumns
from plait.sources.columns.raw_columns import FAULT, LINE, ROW, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.json_documents import split_documents, strip_assignment
from plait.sources.formats.json_sample import JsonSample
from plait.sources.formats.utf8_lines import UNDECODABLE
from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.nested_values import struct_field
from plait.sources.values.take_path import take_path
from plait.sources.values.value_path import Elements, Field, Step, parse_path, path_text

# A document is decoded as a whole. This is its largest size, in bytes of text.
MAX_DOCUMENT_BYTES = 256 * 2**20
_SAMPLE = 1_000  # records
_MAX_LISTED = 40
_BOM = "\ufeff"


@dataclass(frozen=True)
class JsonReader:
    """Reads the records of one file.

    Attributes:
        file: the file, in the format json or jsonl; its text is UTF-8, see utf8_lines.
        records: the steps to the records of a document, or of a line.
        typed: whether numbers are marked; see json_numbers.split_typed.
    """

    file: SourceFile
    records: tuple[Step, ...]
    typed: bool = False

    @classmethod
    def open(cls, file: SourceFile, records: str | None, *, typed: bool) -> JsonReader:
        """Returns the reader of `file`; without `records`, a top-level list is opened."""
        if records is not None:
            return cls(file, parse_path(records), typed)
        if file.format == "json" and _first_character(file) == "[":
            return cls(file, (Elements(),), typed)
        return cls(file, (), typed)

    def columns(self) -> FileColumns:
        """Returns the keys of the records; a rare key is searched for in the whole file."""
        sample = self.sample

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
        """The texts of the records of a document, or of the first lines."""
        shape = JsonShape.of([self.records])
        if self.file.format == "json":
            texts, decoded, _ = self._decode_documents(shape, typed=False)
        else:
            texts = _scan_lines(self.file).head(_SAMPLE).collect()["line"]
            texts = texts.filter(texts.str.strip_chars() != "")
            decoded = decode_json(texts, shape)[0]
        return _open(take_path(decoded, self.records)) if self.records else texts

    @cached_property
    def _record_count(self) -> int | None:
        """The number of records; null for a file of many lines."""
        if self.file.format == "json":
            return self._first[1]
        more = _scan_lines(self.file).slice(_SAMPLE, 1).collect()
        return None if more.height else self._first[1]

    def _mentions(self, name: str) -> bool:
        """Returns whether a key `name` occurs anywhere in the file, or in a document's records."""
        key = pl.escape_regex(json.dumps(name, ensure_ascii=False)) + r"\s*:"
        if self.file.format == "json":
            return bool(self._first_records().cast(pl.String).str.contains(key).any())
        found = _scan_lines(self.file).select(pl.col("line").str.contains(key).any().alias("found"))
        return bool(found.collect().item())

    def read(self, paths: Iterable[Sequence[Step]], chunk: int) -> Iterator[pl.DataFrame]:
        """Yields row, fault, whole and line, and a column for the first name of each path.

        A row is a line, or, of a document, a record.

        Args:
            paths: the paths inside a record that are read.
            chunk: the maximum number of lines or records per frame.
        """
        inside = [tuple(self.sample.cut_at_text(path)) for path in paths]
        shape = JsonShape.of([(*self.records, *path) for path in inside] or [self.records])
        if self.file.format == "json":
            texts, decoded, bad = self._decode_documents(shape, typed=self.typed)
            rows = pl.int_range(1, len(texts) + 1, eager=True).alias(ROW)
            frame = self._take(pl.DataFrame([rows, texts.alias("line")]), decoded, bad, inside)
            if bad.any() or (frame.height and not frame[FAULT].null_count()):
                raise _not_json(self.file, texts[bad.arg_max() or 0], self.records)
            frame = frame.with_columns(
                pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias(ROW),
                pl.lit(None, pl.String).alias(LINE),  # it would be the whole document
            )
            yield from frame.iter_slices(chunk)
            return
        for lines in _scan_lines(self.file).collect_batches(chunk_size=chunk, maintain_order=True):
            filled = lines.filter(pl.col("line").str.strip_chars() != "")
            if filled.height:
                decoded, bad = decode_json(filled["line"], shape, typed=self.typed)
                yield self._take(filled, decoded, bad, inside)

    def _decode_documents(
        self, shape: JsonShape, *, typed: bool
    ) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Returns the texts of the documents, and what decode_json returns of them."""
        texts = self._read_document()
        decoded, bad = decode_json(texts, shape, typed=typed)
        if bad.any():  # it may be several documents
            try:
                texts = pl.Series(split_documents(texts[0]), dtype=pl.String)
            except (ValueError, RecursionError):
                return texts, decoded, bad
            decoded, bad = decode_json(texts, shape, typed=typed)
        return texts, decoded, bad

    def _read_document(self) -> pl.Series:
        """Returns the text of the file, as a series of one."""
        lines = _scan_lines(self.file).select("line").collect()["line"]
        marked = lines.str.starts_with(UNDECODABLE)
        if marked.any():
            raise UnreadableFile(
                f"'{self.file.name}' is not UTF-8: line {marked.arg_true()[0] + 1:,}.",
                fix=f"Set {self.file.setting}.csv.encoding, for example: latin-1",
            )
        size = int(lines.str.len_bytes().sum() or 0)
        if size > MAX_DOCUMENT_BYTES:
            path = ".[]" if self.records == (Elements(),) else ".PATH[]"
            raise UnreadableFile(
                f"'{self.file.name}' is one JSON document of {size / 2**20:,.0f} MiB.",
                allowed=f"A document may have up to {MAX_DOCUMENT_BYTES / 2**20:,.0f} MiB; files "
                "with one object per line may have any size.",
                fix=f"Convert it: jq -c '{path}' {self.file.path.name} > records.jsonl",
            )
        return pl.Series([strip_assignment(lines.str.join("\n")[0])])

    def _take(
        self,
        lines: pl.DataFrame,
        decoded: pl.Series,
        bad: pl.Series,
        inside: Sequence[tuple[Step, ...]],
    ) -> pl.DataFrame:
        """Returns the frame of `read` for lines or documents, which are decoded."""
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
        if self.records:
            empty = pl.when(pl.col("record").is_null()).then(pl.lit("no_record"))
            fault: pl.Expr = pl.when("bad").then(pl.lit("bad_json")).otherwise(empty)
        else:
            is_object = pl.col(LINE).str.strip_chars_start().str.starts_with("{")
            fault = pl.when(pl.col("bad") | ~is_object).then(pl.lit("bad_json"))
        undecodable = pl.col(LINE).str.starts_with(UNDECODABLE)
        fault = pl.when(undecodable).then(pl.lit("bad_encoding")).otherwise(fault)
        names = list(dict.fromkeys(path[0].name for path in inside))  # type: ignore[union-attr]
        kind = frame.schema["record"]
        records = {
            name: struct_field(pl.col("record"), kind, name)
            for name in names
            if isinstance(kind, pl.Struct)
        }
        return frame.select(
            ROW,
            *(field.alias(name) for name, field in records.items()),
            fault.alias(FAULT),
            pl.lit(value=True).alias(WHOLE),
            pl.when(fault.is_not_null())
            .then(pl.col(LINE).str.strip_prefix(UNDECODABLE))
            .alias(LINE),
        )


def _scan_lines(file: SourceFile) -> pl.LazyFrame:
    """Returns row and line; a byte order mark is not part of the first line."""
    lines = pl.scan_lines(
        file.path, name="line", row_index_name=ROW, row_index_offset=1, glob=False
    )
    marked = (pl.col(ROW) == 1) & pl.col("line").str.starts_with(_BOM)
    bare = pl.col("line").str.strip_prefix(_BOM)
    return lines.with_columns(pl.when(marked).then(bare).otherwise("line").alias("line"))


def _first_character(file: SourceFile) -> str:
    filled = _scan_lines(file).select(pl.col("line").str.strip_chars()).filter(pl.col("line") != "")
    first = filled.head(2).collect()["line"]  # the second may be all that a script assigns
    return strip_assignment("\n".join(first)).lstrip()[:1]


def _open(records: pl.Series) -> pl.Series:
    while isinstance(records.dtype, pl.List):
        records = records.explode()
    return records.drop_nulls()


def _not_json(
    file: SourceFile, text: str | None, records: Sequence[Step]
) -> UnreadableFile | UnknownColumn:
    try:
        split_documents(text or "")
    except RecursionError:
        where = "it is nested too deeply"
    except ValueError as error:
        where = str(error)
    else:
        where = "its records are not objects"
        known = JsonSample.of(pl.Series([text])).record_paths()
        if known:
            named = path_text(records)
            close = difflib.get_close_matches(named, known, n=1, cutoff=0)[0]
            return UnknownColumn(
                f"'{file.name}' has no objects at '{named or '$'}' (lists of objects: "
                f"{', '.join(known[:_MAX_LISTED])}).",
                fix=f"Set {file.setting}.records: {close}",
            )
    return UnreadableFile(
        f"'{file.name}' is not a JSON document of the configured records: {where}.",
        fix=f"Correct the file, or set {file.setting}.records to the path of its records.",
    )
