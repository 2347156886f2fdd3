"""Finds the files of a folder, recognises how each is written, and groups those that are alike."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from plait.config.parse_project import parse_config
from plait.config.project_file import Project
from plait.config.source_settings import SourceSettings
from plait.errors import PlaitError
from plait.inspection.columns.column_names import rate_name
from plait.inspection.columns.event_words import find_type_in_name
from plait.inspection.files.header_files import apply_header_files
from plait.inspection.files.nested_lists import (
    find_records,
    scalar_paths,
    shape_records,
    typed_paths,
)
from plait.inspection.files.platform_homes import home_of
from plait.inspection.files.sample_table import (
    SampleTable,
    open_json_text,
    read_records,
    read_table,
)
from plait.inspection.files.text_layout import MAX_COLUMNS, describe_text, detect_encoding
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.format_readers import open_reader
from plait.sources.formats.json_document import MAX_DOCUMENT_BYTES, strip_assignment
from plait.sources.formats.text_files import count_bytes, read_blocks

_PASSED_OVER = frozenset({
    ".yaml", ".yml", ".md", ".rst", ".py", ".ipynb", ".pdf", ".png", ".jpg", ".jpeg",
    ".gif", ".svg", ".html", ".htm", ".toml", ".sh", ".sql", ".lock", ".pt", ".bin", ".npy",
    ".npz", ".pkl", ".h5", ".parquet.crc", ".license", ".docx", ".doc", ".mp3", ".mp4",
    ".ini", ".cfg", ".key",
})  # fmt: skip
_NO_DATA = re.compile(r"(?i)^(readme|licen[cs]e|changelog|copying|notice|checksums?|md5sums?)\b")
_ALIKE = 0.6  # share of common columns from which on files are one table


@dataclass
class LookedAt:
    """What was seen in a folder: tables, and files that were passed over with the reason."""

    tables: list[SampleTable] = field(default_factory=list)
    passed: dict[str, str] = field(default_factory=dict)


@dataclass
class _Group:
    folder: str
    settings: dict[str, Any]
    columns: frozenset[str]
    files: list[SourceFile]
    stem: str
    done: str = ""  # the event type that its name speaks of


def look_at_files(folder: Path, home: Path) -> LookedAt:
    """Returns the tables in `folder`, with names relative to `home`, where the project file is."""
    raw = {"files": "x", "columns": {"account": "a", "item": "i", "time": "t"}, "type": "view"}
    project = parse_config({"store": ".plait", "platforms": {"x": {"events": raw}}}, folder=home)
    seen = LookedAt()
    groups: list[_Group] = []
    for path in _walk(folder):
        name = Path(os.path.relpath(path, home)).as_posix()
        try:
            for file, settings, columns in _describe(project, name, path):
                below = path.relative_to(folder).parts
                _add(
                    groups,
                    _Group(home_of(below), settings, columns, [file], _stem(path), _done(below)),
                )
        except _NotRead as reason:
            seen.passed[name] = str(reason)
        except (PlaitError, UnicodeError, OSError) as error:
            seen.passed[name] = getattr(error, "seen", str(error))
    for group in groups:
        try:
            tables = [table for table in _read_group(group) if table.columns]
        except PlaitError as error:
            seen.passed[group.files[0].name] = error.seen
            continue
        seen.tables += tables
        if not tables:
            seen.passed |= {file.name: "no plain values" for file in group.files}
    seen.tables, named = apply_header_files(seen.tables)
    seen.passed |= named
    return seen


class _NotRead(Exception):
    """Why a file is passed over."""


def _walk(folder: Path) -> Iterator[Path]:
    """Yields the files, and the folders of Delta tables, that are not hidden."""
    for at, below, names in os.walk(folder):
        if "_delta_log" in below:
            below.clear()
            yield Path(at)
            continue
        below[:] = sorted(n for n in below if not n.startswith(".") and not n.startswith("_"))
        for name in sorted(names):
            if name.startswith((".", "_")) or name.endswith((".crc", ".tmp")):
                continue
            yield Path(at, name)


def _describe(
    project: Project, name: str, path: Path
) -> Iterator[tuple[SourceFile, dict[str, Any], frozenset[str]]]:
    """Yields each file of `path`, the settings that read it, and its columns."""
    if path.is_dir():
        for file in find_files(project, [name], "parquet", "files"):
            yield file, {"format": "parquet", "table": name}, _columns(file, {"format": "parquet"})
        return
    if path.suffix.lower() in _PASSED_OVER or _NO_DATA.match(path.name):
        raise _NotRead("not a log by its name")
    if not path.stat().st_size:
        raise _NotRead("empty")
    with path.open("rb") as opened:
        magic = opened.read(4)
    if magic == b"PAR1":
        (file,) = find_files(project, [name], "parquet", "files")
        yield file, {"format": "parquet"}, _columns(file, {"format": "parquet"})
        return
    (file,) = find_files(project, [name], "csv", "files")
    if convert := _how_to_convert(file):
        raise _NotRead(convert)
    settings = _describe_json(file) or describe_text(file)
    if not settings:
        raise _NotRead("text without separators, records or known lines")
    file = replace(file, format=settings["format"])
    yield file, settings, _columns(file, settings)


def _how_to_convert(file: SourceFile) -> str:
    """Returns what a text is that only looks like JSON, and the command that makes JSON of it."""
    head = (
        next(iter(read_blocks(file, 1 << 10)), b"").decode("utf-8", "replace").lstrip("\ufeff \n")
    )
    name = shlex.quote(file.path.name)
    bare = shlex.quote(file.path.stem)
    if re.match(r"\{u?'", head):
        make = "import ast, json, sys; [print(json.dumps(ast.literal_eval(l))) for l in sys.stdin]"
        return f'Python, not JSON. Run: python -c "{make}" < {name} > {bare}.jsonl'
    return ""


def _describe_json(file: SourceFile) -> dict[str, Any]:
    """Returns the settings of a JSON file; {} if the text is not JSON."""
    head = next(iter(read_blocks(file, 1 << 20)), b"")
    script = head.decode(detect_encoding(head), "replace").removeprefix("\ufeff").lstrip()
    text = strip_assignment(script).lstrip()
    if text[:1] not in ("{", "[") or not re.match(r"\[\s*[\[{\]]|\{\s*[\"}]", text):
        return {}
    if text.startswith("["):
        return {"format": "json"}
    lines = [line for line in text.split("\n")[:50] if line.strip()]
    if len(head) >= 1 << 20 and len(lines) > 1 and len(lines) < 50:
        lines.pop()
    whole = sum(_is_object(line) for line in lines)
    if text == script and whole >= 0.8 * len(lines) and (len(lines) > 1 or "\n" in text.strip()):
        return {"format": "jsonl"}
    document = _document(file)
    owned = any(rate_name("account", path) >= 0.9 for path in scalar_paths(document))
    several = isinstance(document, dict) and shape_records([document]).more
    records = "" if owned or several else find_records(document)
    if text == script and len(lines) == 1 and whole and not records:
        return {"format": "jsonl"}
    return {"format": "json"} | ({"records": records} if records else {})


def _document(file: SourceFile) -> Any:
    try:
        if count_bytes(file) > MAX_DOCUMENT_BYTES:
            return None
        text = b"".join(read_blocks(file))
        script = text.decode(json.detect_encoding(text)).removeprefix("\ufeff").lstrip()
        return json.loads(strip_assignment(script).rstrip().removesuffix(";"))
    except (ValueError, RecursionError):
        return None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _columns(file: SourceFile, settings: dict[str, Any]) -> frozenset[str]:
    known = {name: value for name, value in settings.items() if name != "table"}
    source = SourceSettings.model_validate({"files": "x"} | known)
    try:
        with open_reader(file, source) as reader:
            columns = reader.columns()
    except pl.exceptions.NoDataError:
        raise _NotRead("no records") from None
    if len(columns.paths) > MAX_COLUMNS:
        raise _NotRead(f"more than {MAX_COLUMNS:,} columns")
    paths = {re.sub(r"\[\].*", "", path) for path in columns.paths}
    return frozenset(paths | set(file.partitions))


def _stem(path: Path) -> str:
    return re.sub(r"[\d_.-]+", "", path.name.split(".")[0]).lower()


def _done(below: Sequence[str]) -> str:
    found = find_type_in_name("/".join(below))
    return found[1] if found else ""


def _add(groups: list[_Group], new: _Group) -> None:
    """Adds a file to the group that it is alike to, or as a group of its own."""
    for group in groups:
        if group.folder != new.folder or not _same_layout(group, new):
            continue
        if group.done and new.done and group.done != new.done:
            continue
        common = len(group.columns & new.columns) / max(1, len(group.columns | new.columns))
        if common == 1 or (common >= _ALIKE and group.stem == new.stem):
            group.files += new.files
            group.columns |= new.columns
            return
    groups.append(new)


def _same_layout(one: _Group, other: _Group) -> bool:
    def told(group: _Group) -> dict[str, Any]:
        return {name: v for name, v in group.settings.items() if name != "records"}

    headless = "header" in (one.settings.get("csv") or {})
    return told(one) == told(other) and (not headless or one.stem == other.stem)


def _read_group(group: _Group) -> list[SampleTable]:
    """Returns a sample of the group with its nested lists opened; one for each of several logs."""
    settings = {name: value for name, value in group.settings.items() if name != "table"}
    files = sorted(group.files, key=lambda file: file.name)
    keyed: list[str] = []
    others: list[str] = []
    more: list[str] = []
    if settings["format"] in ("json", "jsonl", "parquet"):
        records = read_records(files[0], settings)
        if records:
            shape = shape_records(records)
            keyed, others, more = typed_paths(shape.keyed, records), shape.others, shape.more
            if shape.each:
                settings["each"] = shape.each[0] if len(shape.each) == 1 else shape.each
    table = open_json_text(read_table(files, settings, keyed, others))
    if "table" in group.settings:
        table.settings["table"] = group.settings["table"]
    return [table, *(read_table(files, settings | {"each": each}, keyed) for each in more)]
