"""What is wrong with a JSON document, which is read as a whole; and what to do about it."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Sequence

import polars as pl

from plait.errors import UnknownColumn, UnreadableFile
from plait.sources.files.file_format import utf_16_name
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.json_sample import JsonSample
from plait.sources.formats.text_files import is_text, iterate_lines, read_blocks
from plait.sources.values.value_path import Element, Elements, Field, Matching, Step, path_text

# A document is decoded as a whole. This is its largest size, in bytes of text.
MAX_DOCUMENT_BYTES = 256 * 2**20
_MAX_LISTED = 40
_LINES = "records.jsonl"


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


def _conversion(file: SourceFile, records: Sequence[Step]) -> str:
    """Returns a command that writes the records as one object per line; all digits stay."""
    packed = {".gz": "gzip -dc", ".zst": "zstd -dc"}.get(file.packed, "cat")
    opened = "json.load(sys.stdin)"
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
    script = f"import json, sys; [print(json.dumps({opened})){loops or ' for _ in [0]'}]"
    address = shlex.quote(file.name if file.remote is None else file.name.rpartition("/")[2])
    return f"{packed} {address} | python -c {shlex.quote(script)} > {_LINES}"


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


def not_utf_8(file: SourceFile) -> UnreadableFile:
    """Returns the error of a document whose text is not UTF-8."""
    encoding = "CP1252"
    line = 0
    for text in iterate_lines(read_blocks(file)):
        line += 1
        if line == 1:
            encoding = utf_16_name(text).upper() or encoding
        if not is_text(text):
            break
    name = shlex.quote(file.path.name)
    return UnreadableFile(
        f"'{file.name}' is not UTF-8 text: line {line:,} cannot be decoded.",
        fix=f"Write it again in UTF-8: iconv -f {encoding} -t UTF-8 {name} > utf8.json",
    )


def not_a_document(
    file: SourceFile, text: str | None, records: Sequence[Step]
) -> UnreadableFile | UnknownColumn:
    """Returns the error of a document without the configured records."""
    try:
        json.loads(text or "")
    except RecursionError:
        where = "it is nested too deeply"
    except ValueError as error:
        where = str(error)
        if where.startswith("Extra data"):
            return UnreadableFile(
                f"'{file.name}' has several JSON documents ({where}).",
                fix=f"Set {file.setting}.format: jsonl if there is one per line; else join them: "
                f"jq -c . {file.path.name} > lines.jsonl",
            )
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
