"""Finds the files a platform names and tells their format."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plait.config import Project
from plait.config.platform import FileFormat
from plait.errors import ConfigError, EmptyInput, MissingFile, UnreadableFile

_FORMATS: dict[str, FileFormat] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".inter": "csv", ".item": "csv", ".user": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_PACKED = {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5\x2f\xfd"}
_MAGIC = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


@dataclass(frozen=True)
class SourceFile:
    """One input file: where it lies, the name messages use, and how to read it."""

    path: Path
    name: str
    format: FileFormat
    setting: str  # the project file's key that named it, such as platforms.shop.events
    bytes: int
    modified: float  # seconds since 1970
    rows: tuple[int, int] | None = None  # the first row and how many, where not all are meant

    @property
    def packed(self) -> str:
        """'.gz', '.zst' or ''."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in _PACKED else ""

    def record(self) -> dict[str, str | int | float]:
        """Returns what a store version keeps about this input."""
        return {"path": self.name, "bytes": self.bytes, "modified": self.modified}


def find_files(
    project: Project, patterns: Sequence[str], form: FileFormat | None, setting: str
) -> list[SourceFile]:
    """Returns the files that match `patterns`, in the order of their names, each once.

    Raises:
        MissingFile: a path does not exist or a glob matches nothing.
        EmptyInput: a file has no bytes.
        UnreadableFile: a file is not what its name says.
        ConfigError: the name does not tell the format.
    """
    found: dict[Path, SourceFile] = {}
    for pattern in patterns:
        whole = str(project.path(pattern))
        paths = [Path(p) for p in sorted(glob.glob(whole, recursive=True)) if Path(p).is_file()]  # noqa: PTH207
        if not paths:
            raise _missing(pattern, Path(whole), setting)
        for path in paths:
            if path not in found:
                found[path] = _describe(project, path, form, setting)
    return sorted(found.values(), key=lambda file: file.name)


def _missing(pattern: str, whole: Path, setting: str) -> MissingFile:
    folder = whole.parent
    while not folder.is_dir():
        folder = folder.parent
    if folder != whole.parent:
        near = f"There is no folder '{whole.parent.name}'."
    else:
        names = sorted(p.name for p in folder.iterdir() if p.is_file())
        close = difflib.get_close_matches(whole.name, names, n=1, cutoff=0.5)
        if close:
            near = f"Did you mean '{Path(pattern).parent / close[0]}'?"
        else:
            near = f"That folder holds: {', '.join(names[:8]) or 'no files'}."
    what = "no file matches" if glob.has_magic(pattern) else "there is no file"
    return MissingFile(
        f"{what} '{pattern}'.",
        allowed=near,
        fix=f"Set {setting}.files; paths are relative to the project file.",
    )


def _describe(project: Project, path: Path, form: FileFormat | None, setting: str) -> SourceFile:
    name = os.path.relpath(path, project.path("."))
    bare = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    form = form or _FORMATS.get(bare.suffix.lower())
    if form is None:
        raise ConfigError(
            f"the name of '{name}' does not tell its format.",
            allowed="Known: csv, jsonl, parquet.",
            fix=f"Set {setting}.format: csv",
        )
    try:
        about = path.stat()
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UnreadableFile(
            f"cannot read '{name}' ({error.strerror}).", fix=f"Mend it, or set {setting}.files."
        ) from None
    if not about.st_size:
        raise EmptyInput(f"'{name}' is empty.", fix=f"Fill it, or take it out of {setting}.files.")
    file_ = SourceFile(path, name, form, setting, about.st_size, about.st_mtime)
    _check_magic(file_, head)
    return file_


def _check_magic(file: SourceFile, head: bytes) -> None:
    """Raises UnreadableFile if the first bytes contradict the name."""
    really = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "text")
    said = {".gz": "gzip", ".zst": "zstd"}.get(file.packed) or (
        "Parquet" if file.format == "parquet" else "text"
    )
    if really == "text" and b"\0" in head:
        really = "binary data"
    if said != really:
        raise UnreadableFile(
            f"'{file.name}' is not {said}, as its name says: it looks like {really}.",
            fix=f"Rename it to what it is, or set {file.setting}.format.",
        )
