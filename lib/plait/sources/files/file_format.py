"""Determines how a file is written, from its name and its first bytes."""

from __future__ import annotations

import bz2
import codecs
import io
import json
import lzma
import re
import shlex
import zlib
from pathlib import PurePath

import pyarrow as pa

from plait.config.source_settings import FileFormat
from plait.errors import ConfigError, UnreadableFile
from plait.sources.files.source_file import COMPRESSIONS

_BY_SUFFIX: dict[str, FileFormat] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".inter": "csv", ".item": "csv", ".user": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".jl": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".js": "json",
}  # fmt: skip
_MAGIC = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
_PACKED_AS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
# What cannot be read, and how it is turned into what can.
_UNPACK = {".zip": "python -m zipfile -e {0} ."}
_SHEETS = (".xlsx", ".xls", ".ods")
_UNPACK_KINDS = {"zip": ".zip"}
_MAGIC_BYTES = 4096  # in which text is told from other data
_MAX_NULS = 0.05  # share of bytes; a text may have a few, where a write was cut
_BOM = b"\xef\xbb\xbf"


def determine_format(
    name: str,
    head: bytes,
    form: FileFormat | None,
    setting: str,
    otherwise: FileFormat | None = None,
) -> FileFormat:
    """Returns the format of the file `name`: the one that is set, or else that of its name.

    The first bytes tell a JSON document from JSON Lines, and what a file without a known suffix is,
    such as part-00000.

    Args:
        name: the name of the file.
        head: its first bytes, as they are stored.
        form: the format in the settings, if there is one.
        setting: the setting that names the file.
        otherwise: the format of a file whose name and first bytes do not tell it.

    Raises:
        ConfigError: neither tells the format.
        UnreadableFile: the file is not in the format of its name, or in one that cannot be read.
    """
    _refuse_others(name, setting)
    bare, packed = _split_compression(name)
    suffix = PurePath(bare).suffix.lower()
    if form is None:
        form = _BY_SUFFIX.get(suffix) or _by_content(unpack_head(head, packed), suffix)
        form = form or otherwise
    if form is None:
        raise ConfigError(
            f"the format of '{name}' cannot be determined from its name.",
            allowed="Known: csv, jsonl, json, parquet, lines.",
            fix=f"Set {setting}.format: csv, or {setting}.files to a glob such as "
            f"'{name[: name.rfind('/') + 1]}*.csv'.",
        )
    _check_magic(name, head, form, packed, setting)
    return form


def _split_compression(name: str) -> tuple[str, str]:
    """Returns `name` without the suffix of a compression, and that suffix or ''."""
    suffix = PurePath(name).suffix.lower()
    return (name[: -len(suffix)], suffix) if suffix in COMPRESSIONS else (name, "")


def unpack_head(head: bytes, packed: str) -> bytes:
    """Returns the text that `head`, the first bytes of a file, begins with; as far as it goes."""
    if packed == ".gz" and head.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(wbits=31).decompress(head, 2**20)
        except zlib.error:
            return b""
    try:
        if packed == ".zst":
            return bytes(pa.CompressedInputStream(io.BytesIO(head), "zstd").read(2**16))
        if packed == ".bz2":
            return bz2.BZ2Decompressor().decompress(head, 2**20)
        if packed == ".xz":
            return lzma.LZMADecompressor().decompress(head, 2**20)
    except (OSError, pa.ArrowException, lzma.LZMAError):
        return b""
    return head


def _by_content(text: bytes, suffix: str) -> FileFormat | None:
    """Returns the format of a .json file, or of one whose suffix says nothing; null: unknown."""
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = text.decode("utf-16", errors="replace").encode()
    text = text.removeprefix(_BOM).lstrip()
    if suffix == ".json":
        if text.startswith(b"["):
            return "json"
        if not text.startswith(b"{"):
            return "jsonl"
        return "jsonl" if _has_line_of_json(text) else "json"
    if suffix == ".geojson":
        return None
    if text.startswith(b"PAR1"):
        return "parquet"
    if re.match(rb"\[\s*\{", text):
        return "json"
    if re.match(rb"\{\s*[\"}]", text):
        return "jsonl" if _has_line_of_json(text) else "json"
    return None


def _has_line_of_json(text: bytes) -> bool:
    """Whether a line is one whole object, as in JSON Lines; some lines may be damaged.

    A single line that goes on after `text` is one, too: a printed document has short lines.
    """
    lines = text.split(b"\n")
    if _has_several_objects(lines[0]):
        return False
    if len(lines) == 1 or _is_object(lines[0]):
        return True
    if lines[0].rstrip().endswith((b"{", b"[", b",")):
        return False
    return any(line.startswith(b"{") and _is_object(line) for line in lines)


def _has_several_objects(line: bytes) -> bool:
    text = line.decode(errors="replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end:].lstrip().startswith("{")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_others(name: str, setting: str) -> None:
    """Raises UnreadableFile for compressions and formats that have to be turned into others."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _SHEETS:
        raise UnreadableFile(
            f"'{name}' is a spreadsheet.",
            allowed="Formats that can be read: csv, jsonl, json, parquet, lines.",
            fix=f"Save it as CSV, and set {setting}.files to that file.",
        )
    if suffix in _UNPACK:
        command = _UNPACK[suffix].format(
            shlex.quote(name.rpartition("/")[2] if "://" in name else name)
        )
        raise UnreadableFile(
            f"'{name}' is compressed as {suffix}.",
            allowed=f"Compressions that can be read: {', '.join(COMPRESSIONS)}.",
            fix=f"Set {setting}.files to what it holds. To unpack it, run: {command}",
        )


def _check_magic(name: str, head: bytes, form: FileFormat, packed: str, setting: str) -> None:
    """Raises UnreadableFile if the first bytes contradict the name."""
    actual = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "text")
    expected = _PACKED_AS.get(packed) or ("Parquet" if form == "parquet" else "text")
    if actual == "text" and _is_binary(head[:_MAGIC_BYTES]):
        actual = "binary data"
    if expected != actual:
        raise UnreadableFile(
            f"'{name}' is not {expected}, as its name says: it looks like {actual}.",
            fix=_fix_of(name, actual, expected, packed, setting),
        )


def _is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file have NULs and are no text: no UTF-8, or too many NULs."""
    nuls = head.count(0)
    if not nuls or utf_16_name(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return True
    return nuls > _MAX_NULS * len(head)


def utf_16_name(head: bytes) -> str:
    """Returns the encoding of text in UTF-16 that begins with `head`; '' if it is no such text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    high = {"utf-16-le": head[1::2], "utf-16-be": head[0::2]}  # NULs in most languages of Europe
    return next((name for name, part in high.items() if part and part.count(0) > len(part) / 2), "")


def _fix_of(name: str, actual: str, expected: str, packed: str, setting: str) -> str:
    """Returns the fix for a file that is `actual` though its name says `expected`."""
    bare = name.rpartition("/")[2]
    plain = bare[: -len(packed)] if packed else bare
    suffixes = {kind: suffix for suffix, kind in _PACKED_AS.items()}
    if actual in suffixes and expected != "Parquet":
        return f"Rename it to '{plain}{suffixes[actual]}'."
    if actual in _UNPACK_KINDS:
        suffix = _UNPACK_KINDS[actual]
        command = _UNPACK[suffix].format(shlex.quote(plain + suffix))
        return f"Rename it to '{plain}{suffix}', and run: {command}"
    if actual == "text" and packed:
        return f"Rename it to '{plain}'."
    if actual == "text":
        return f"Set {setting}.format: csv (or jsonl, json, lines)."
    if actual == "Parquet":
        return f"Set {setting}.format: parquet" + (
            f", and rename it to '{plain}'." if packed else ""
        )
    return f"Remove it from {setting}.files, or write it again as text or Parquet."
