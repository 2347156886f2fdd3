"""Finds the files that a platform names, and determines their formats."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from plait.config import Project, is_remote
from plait.config.source_settings import FileFormat
from plait.errors import ConfigError, EmptyInput, MissingFile, UnreadableFile
from plait.sources.s3_files import RemoteFile, list_s3_files, list_siblings, read_head

_FORMATS: dict[str, FileFormat] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".inter": "csv", ".item": "csv", ".user": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_HEAD_BYTES = 4096  # bytes read to determine what a file is
_COMPRESSION_MAGIC = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
_MAGIC = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


@dataclass(frozen=True)
class SourceFile:
    """One input file: its path, its name in messages, and its format.

    A file on S3 (`remote`) can be read only after sources/read_chunks.py has downloaded it.
    """

    path: Path
    name: str  # relative to the project file, or the s3:// address
    format: FileFormat
    setting: str  # the setting that names it, such as platforms.shop.events
    bytes: int
    modified: float  # seconds since 1970
    remote: RemoteFile | None = None
    rows: tuple[int, int] | None = None  # the first row and the number of rows; null: all
    partitions: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def packed(self) -> str:
        """The suffix of the compression: '.gz', '.zst' or ''."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in _COMPRESSION_MAGIC else ""

    def record(self) -> dict[str, str | int | float]:
        """Returns the record of this input for a store version."""
        record: dict[str, str | int | float] = {
            "path": self.name,
            "bytes": self.bytes,
            "modified": self.modified,
        }
        return record | ({"etag": self.remote.etag} if self.remote else {})


def find_files(
    project: Project, patterns: Sequence[str], form: FileFormat | None, setting: str
) -> list[SourceFile]:
    """Returns the files that match `patterns`, each once, sorted by name.

    Raises:
        MissingFile: a path does not exist or a glob matches nothing.
        EmptyInput: a file has no bytes.
        UnreadableFile: a file cannot be read, or is not in the format of its name.
        ConfigError: the format cannot be determined from the name.
        StoreError: a bucket cannot be listed.
    """
    found: dict[str, SourceFile] = {}
    for pattern in patterns:
        whole = project.absolute_address(pattern)
        matches = _on_s3(whole, setting) if is_remote(whole) else _on_disk(project, whole)
        if not matches:
            raise _missing(pattern, whole, setting)
        for match in matches:
            if match.name not in found:
                found[match.name] = _describe(match, form, setting)
    return sorted(found.values(), key=lambda file: file.name)


@dataclass(frozen=True)
class _Match:
    """A file that matches a pattern, before it is checked."""

    path: Path
    name: str
    remote: RemoteFile | None = None


def _on_disk(project: Project, whole: str) -> list[_Match]:
    found = sorted(glob.glob(_escape_existing(whole), recursive=True))  # noqa: PTH207
    paths = [Path(p) for p in found if Path(p).is_file()]
    return [_Match(path, os.path.relpath(path, project.path("."))) for path in paths]


def _escape_existing(whole: str) -> str:
    """Returns `whole` as a glob in which the part that exists literally is escaped.

    Names of folders and files may contain brackets, stars and question marks.
    """
    first, *parts = Path(whole).parts
    existing = Path(first)
    for place, part in enumerate(parts):
        if not os.path.lexists(existing / part):
            return str(Path(glob.escape(str(existing)), *parts[place:]))
        existing /= part
    return glob.escape(str(existing))


def _on_s3(whole: str, setting: str) -> list[_Match]:
    found = list_s3_files(whole, f"Correct {setting}.files.")
    return [_Match(Path(PurePosixPath(f.address).name), f.address, f) for f in found]


def _missing(pattern: str, whole: str, setting: str) -> MissingFile:
    what = "no file matches" if glob.has_magic(pattern) else "there is no file"
    home = "" if is_remote(whole) else "; paths are relative to the project file"
    return MissingFile(
        f"{what} '{pattern}'.",
        allowed=_suggest_names(pattern, whole, setting),
        fix=f"Set {setting}.files{home}.",
    )


def _suggest_names(pattern: str, whole: str, setting: str) -> str:
    """Returns a hint: the nearest name in the same folder, or the names in it."""
    if is_remote(whole):
        names = list_siblings(whole, f"Correct {setting}.files.")
        parent = whole.rpartition("/")[0]
    else:
        folder = Path(whole).parent
        while not folder.is_dir():
            folder = folder.parent
        if folder != Path(whole).parent:
            return f"There is no folder '{Path(whole).parent.name}'."
        names = sorted(p.name for p in folder.iterdir() if p.is_file())
        parent = str(Path(pattern).parent)
    close = difflib.get_close_matches(PurePosixPath(whole).name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0] if parent == '.' else f'{parent}/{close[0]}'}'?"
    return f"That folder holds: {', '.join(names[:8]) or 'no files'}."


def _describe(match: _Match, form: FileFormat | None, setting: str) -> SourceFile:
    path, name, remote = match.path, match.name, match.remote
    bare = path.with_suffix("") if path.suffix.lower() in _COMPRESSION_MAGIC else path
    form = form or _FORMATS.get(bare.suffix.lower())
    if form is None:
        raise ConfigError(
            f"the format of '{name}' cannot be determined from its name.",
            allowed="Known: csv, jsonl, parquet.",
            fix=f"Set {setting}.format: csv",
        )
    size, modified = (remote.bytes, remote.modified) if remote else _stat_file(path, name, setting)
    if not size:
        raise EmptyInput(f"'{name}' is empty.", fix=f"Fill it, or remove it from {setting}.files.")
    file = SourceFile(path, name, form, setting, size, modified, remote)
    _check_magic(file, _head(file))
    return file


def _stat_file(path: Path, name: str, setting: str) -> tuple[int, float]:
    """Returns size (bytes) and modification time of a local file; checks that it is readable."""
    try:
        about = path.stat()
        with path.open("rb"):
            return about.st_size, about.st_mtime
    except OSError as error:
        raise UnreadableFile(
            f"cannot read '{name}' ({error.strerror}).",
            fix=f"Make it readable, or set {setting}.files.",
        ) from None


def _head(file: SourceFile) -> bytes:
    if file.remote:
        try:
            return read_head(file.remote, _HEAD_BYTES)
        except FileNotFoundError:
            raise UnreadableFile(
                f"'{file.name}' was removed while it was checked.",
                fix=f"Run again, or set {file.setting}.files.",
            ) from None
    with file.path.open("rb") as opened:
        return opened.read(_HEAD_BYTES)


def _check_magic(file: SourceFile, head: bytes) -> None:
    """Raises UnreadableFile if the first bytes contradict the name."""
    actual = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "text")
    expected = {".gz": "gzip", ".zst": "zstd"}.get(file.packed) or (
        "Parquet" if file.format == "parquet" else "text"
    )
    if actual == "text" and b"\0" in head:
        actual = "binary data"
    if expected != actual:
        raise UnreadableFile(
            f"'{file.name}' is not {expected}, as its name says: it looks like {actual}.",
            fix=f"Rename it to match its content, or set {file.setting}.format.",
        )
