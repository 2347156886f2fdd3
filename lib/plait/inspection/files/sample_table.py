"""Reads a sample of the rows of some files with given settings, as fuse would read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs
from plait.inspection.columns.column_facts import ColumnFacts
from plait.inspection.files.nested_lists import (
    element_paths,
    scalar_paths,
    shape_records,
    typed_paths,
)
from plait.sources.columns.raw_columns import EACH, FAULT_COLUMN
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.format_readers import open_reader
from plait.sources.formats.json_files import JsonReader
from plait.sources.read_chunks import read_chunks

_ROWS = 20_000  # of one file
_FILES = 12  # of one table
_RECORDS = 1_000


@dataclass
class SampleTable:
    """A sample of a table.

    Attributes:
        files: its files.
        settings: the settings of the source that read it, without `files`.
        columns: the facts of each column or path.
        rows: the sampled rows, a text column for each.
        optional: columns that some files lack.
        broken: the share of rows that could not be read, 0 to 1.
        others: lists of objects that are not opened.
        unnamed: whether the files have no header, and the columns were named here.
        numbering: columns that number the rows before their lists were opened.
    """

    files: Sequence[SourceFile]
    settings: dict[str, Any]
    columns: dict[str, ColumnFacts]
    rows: pl.DataFrame
    optional: frozenset[str] = frozenset()
    broken: float = 0.0
    others: list[str] = field(default_factory=list)
    unnamed: bool = False
    numbering: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> ColumnFacts:
        """Returns the facts of a column."""
        return self.columns[name]

    @property
    def has_header(self) -> bool:
        """Whether the names of the columns come from the files."""
        first = (self.settings.get("csv") or {}).get("header", [""])[0]
        return not self.unnamed and first != "c1"


def sample_of(files: Sequence[SourceFile]) -> list[SourceFile]:
    """Returns some files, evenly over all of them."""
    step = max(1, -(-len(files) // _FILES))
    return list(files[::step])


def read_table(
    files: Sequence[SourceFile],
    settings: Mapping[str, Any],
    keyed: Sequence[str] = (),
    others: Sequence[str] = (),
) -> SampleTable:
    """Returns a sample of `files`, which have the same settings.

    Args:
        files: the files of the table.
        settings: the settings of the source, without `files`.
        keyed: further paths to read.
        others: lists that are not opened.
    """
    source = SourceSettings.model_validate({"files": "x"} | dict(settings))
    frames, seen = [], []
    broken = total = 0
    for file in sample_of(files):
        names = list(dict.fromkeys([*_column_names(file, source), *keyed]))
        frame, bad = _read(file, source, names)
        broken, total = broken + int(bad.sum()), total + frame.height
        frames.append(frame.filter(~bad))
        seen.append(set(names))
    rows = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    optional = frozenset(name for name in rows.columns if any(name not in names for names in seen))
    columns = {name: ColumnFacts.of(name, rows[name]) for name in rows.columns}
    return SampleTable(
        files, dict(settings), columns, rows, optional, broken / max(1, total), list(others)
    )


def open_json_text(table: SampleTable) -> SampleTable:
    """Returns the table with the values inside columns of JSON text, and their list opened."""
    names = [name for name, facts in table.columns.items() if facts.is_json]
    if not names or table.settings["format"] not in ("csv", "lines") or table.settings.get("each"):
        return table
    sample = table.rows.select(names).head(_RECORDS)
    records = [{n: _parse(text) for n, text in row.items()} for row in sample.iter_rows(named=True)]
    shape = shape_records(records)
    paths = [path for record in records for path in scalar_paths(record) if path not in names]
    if shape.each:
        paths += [f"{EACH}.{name}" for name in element_paths(records, shape.each[0])]
    inside = [*typed_paths(shape.keyed, records), *dict.fromkeys(paths)]
    if not inside:
        return table
    each = {"each": shape.each[0]} if shape.each else {}
    return read_table(table.files, table.settings | each, inside, shape.others)


def _parse(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def read_records(file: SourceFile, settings: Mapping[str, Any]) -> list[Any]:
    """Returns the first records of a nested file as Python objects."""
    source = SourceSettings.model_validate({"files": "x"} | dict(settings))
    with open_reader(file, source) as reader:
        if isinstance(reader, JsonReader):
            return reader.sample.records
        schema = reader.columns()
    if not any("[]" in path or "." in path for path in schema.paths):
        return []
    frame = pl.scan_parquet(file.path, glob=False).head(_RECORDS).collect()
    return frame.to_dicts()


def _column_names(file: SourceFile, source: SourceSettings) -> list[str]:
    """Returns the columns and paths of a file, those in opened elements included."""
    with open_reader(file, source) as reader:
        paths = [*reader.columns().paths, *file.partitions]
    each = [source.each] if isinstance(source.each, str) else list(source.each or ())
    opened = [one.removesuffix("[]") for one in each]
    names: list[str] = []
    for path in paths:
        for one in opened:
            if len(opened) > 1 and path == f"{one}[]":
                path = one
            elif path == f"{one}[]" or (source.split and path == one):
                path = EACH
            elif path.startswith(f"{one}[]."):
                path = f"{EACH}.{path.removeprefix(f'{one}[].')}"
        path = path.removesuffix("[]")  # a list of plain values is read as its JSON text
        if "[]" not in path and path:
            names.append(path)
    return list(dict.fromkeys(names))


def _read(
    file: SourceFile, source: SourceSettings, names: Sequence[str]
) -> tuple[pl.DataFrame, pl.Series]:
    """Returns the columns `names` of the first rows, and whether each row is broken."""
    # A field is $ and its name, because a file may have a column named as those of the reader are.
    values = {f"${name}": ValueVerbs(column=name, optional=True) for name in names}
    mapping = SourceMapping(source, values, {field: f"columns.{field[1:]}" for field in values})
    frame = next(iter(read_chunks(file, mapping, _ROWS)))
    columns = [pl.col(f"${name}").alias(name) for name in names]
    return frame.select(columns), frame[FAULT_COLUMN].is_not_null()
