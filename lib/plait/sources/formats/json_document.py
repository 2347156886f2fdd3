"""JSON documents, which are read as a whole: those of a text, and what is wrong with one."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Sequence

import polars as pl

from plait.errors import UnknownColumn, UnreadableFile
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.json_sample import JsonSample
from plait.sources.formats.utf8_lines import UNDECODABLE
from plait.sources.values.value_path import Element, Elements, Field, Matching, Step, path_text

# A document is decoded as a whole. This is its largest size, in bytes of text.
MAX_DOCUMENT_BYTES = 256 * 2**20
_MAX_LISTED = 40
# How Python opens what is packed; plait needs pyarrow, so it is there.
_OPEN = {
    ".gz": ("gzip", "gzip.open({0})"),
    ".zst": ("pyarrow", 'pyarrow.CompressedInputStream({0}, "zstd")'),
    ".bz2": ("bz2", "bz2.open({0})"),
    ".xz": ("lzma", "lzma.open({0})"),
}
_LINES = "records.jsonl"
# A script that assigns the document to a variable, as exports for a browser do.
_ASSIGNMENT = re.compile(
    r"\s*(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$]*(?:\.[\w$]+|\[[\w\"']+\])*\s*=\s*(?=[\[{])"
)
_BETWEEN = re.compile(r"[\s,;\x1e]*")


def strip_assignment(text: str) -> str:
    """Returns `text` without the variable to which it is assigned: `window.YTD.like.part0 = [`."""
    found = _ASSIGNMENT.match(text)
    return text[found.end() :] if found else text


def split_documents(text: str) -> list[str]:
    """Returns the JSON documents that stand in `text` one after the other.

    Between them may be white space, commas, semicolons and record separators, or nothing.

    Raises:
        ValueError: one of them is not JSON.
        RecursionError: one is nested too deeply.
    """
    decoder = json.JSONDecoder(strict=False)
    documents: list[str] = []
    place = _after_marks(text, 0)
    while place < len(text):
        _, end = decoder.raw_decode(text, place)
        documents.append(text[place:end])
        place = _after_marks(text, end)
    return documents


def _after_marks(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place


def check_size(file: SourceFile, size: int, records: Sequence[Step]) -> None:
    """Raises UnreadableFile if a document of `size` bytes is too large.

    Args:
        file: the document.
        size: the bytes of its text.
        records: the steps to its records.
    """
    if size <= MAX_DOCUMENT_BYTES:
        return
    raise UnreadableFile(
        f"'{file.name}' is one JSON document of {size / 2**20:,.0f} MiB.",
        allowed=f"A document may have up to {MAX_DOCUMENT_BYTES / 2**20:,.0f} MiB; files with one "
        "object per line may have any size.",
        fix=f"Run {_conversion(file, records)} and set {file.setting}.files: {_LINES}, without "
        "records and format.",
    )


def check_encoding(file: SourceFile, lines: pl.Series) -> None:
    """Raises UnreadableFile if one of `lines`, those of a document, could not be decoded."""
    marked = lines.str.starts_with(UNDECODABLE)
    if marked.any():
        raise UnreadableFile(
            f"'{file.name}' is not UTF-8: line {(marked.arg_max() or 0) + 1:,}.",
            fix=f"Set {file.setting}.csv.encoding, for example: latin-1",
        )


def has_no_records(text: str | None, records: Sequence[Step]) -> bool:
    """Whether a document has null in place of its records, as after a day without any."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return False
    for step in records:
        if not isinstance(step, Field) or not isinstance(value, dict) or step.name not in value:
            break
        value = value[step.name]
    return value is None or value == {}


def _conversion(file: SourceFile, records: Sequence[Step]) -> str:
    """Returns a command that writes the records as one object per line; all digits stay."""
    module, opening = _OPEN.get(file.packed, ("", 'open({0}, "rb")'))
    opened = f"json.load({opening.format('sys.argv[1]')})"
    loops = ""
    for number, step in enumerate(records):
        if isinstance(step, Elements):
            loops += f" for r{number} in {opened}"
            opened = f"r{number}"
        elif isinstance(step, Field):
            opened += f"[{json.dumps(step.name)}]"
        elif isinstance(step, Element):
            opened += f"[{step.index}]"
        elif isinstance(step, Matching):
            key = "".join(f"[{json.dumps(name)}]" for name in step.field)
            opened = f"next(r for r in {opened} if str(r{key}) == {json.dumps(step.value)})"
    modules = f"json, sys, {module}" if module else "json, sys"
    script = f"import {modules}; [print(json.dumps({opened})){loops or ' for _ in [0]'}]"
    address = shlex.quote(file.name if file.remote is None else file.name.rpartition("/")[2])
    return f"python -c {shlex.quote(script)} {address} > {_LINES}"


def not_a_document(
    file: SourceFile, text: str | None, records: Sequence[Step]
) -> UnreadableFile | UnknownColumn:
    """Returns the error of a document without the configured records."""
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
