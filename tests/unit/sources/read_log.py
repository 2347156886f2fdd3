"""Reads a log that a test writes, with the settings of a project file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from plait.config.parse_project import parse_config
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import read_events

Row = dict[str, Any]


def json_lines(*records: Any) -> str:
    """Returns the records as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def read_log(
    folder: Path,
    name: str,
    content: str | bytes | pl.DataFrame,
    *,
    chunk: int = 1_000,
    **events: Any,
) -> list[Row]:
    """Returns the rows of the log `content`, each without its null values and its order.

    Args:
        folder: the folder to write to.
        name: the name of the file.
        content: text, bytes, or a frame that becomes Parquet.
        chunk: the most rows that are read at once.
        events: the settings of the log; time and type have defaults.
    """
    path = folder / name
    folder.mkdir(exist_ok=True)
    if isinstance(content, pl.DataFrame):
        content.write_parquet(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, chunk=chunk, **events)


def read_table(path: Path, *, chunk: int = 1_000, **events: Any) -> list[Row]:
    """Returns the rows of a log that is written already; see read_log."""
    columns = {"account": {"constant": "a"}, "time": {"constant": "1"}} | events.pop("columns", {})
    settings = {"files": path.name, "type": "view", "columns": columns} | events
    raw = {"store": "s", "platforms": {"p": {"events": settings}}}
    project = parse_config(raw, folder=path.parent)
    found = project.platforms["p"].events[0]
    rows: list[Row] = []
    for file in find_files(project, found.files, found.format, "platforms.p.events"):
        for batch in read_events(file, found, chunk):
            rows += batch.drop("whole").to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def read_field(
    folder: Path, name: str, content: str | pl.DataFrame, value: Any, **events: Any
) -> list[Any]:
    """Returns the value of a field for each row of a log; see read_log."""
    columns = {"item": value} | events.pop("columns", {})
    return [row.get("item") for row in read_log(folder, name, content, columns=columns, **events)]
