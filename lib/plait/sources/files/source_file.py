"""An input file of a platform, and the files that a setting names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from plait.config.source_settings import FileFormat
from plait.sources.files.s3_files import RemoteFile

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")


@dataclass(frozen=True)
class SourceFile:
    """One input file: its path, its name in messages, and its format.

    A file on S3 (`remote`) can be read only after sources/read_chunks.py has downloaded it.

    Attributes:
        path: where it lies; of a file on S3 only the name.
        name: relative to the project file with slashes, or the s3:// address. It is the same in
            every run and on every machine.
        format: how its rows are written.
        setting: the setting that names it, such as platforms.shop.events.
        bytes: its size.
        modified: seconds since 1970.
        remote: the object, if it is on S3.
        rows: the first row (from 0) and the number of rows to read; null: all.
        partitions: the values in its path (text), or those of its Delta table, by column.
        deleted_rows: rows of a Delta table that are deleted (the first row is 1), in order.
        table_columns: the columns of its Delta table. Those that the file lacks are null.
    """

    path: Path
    name: str
    format: FileFormat
    setting: str
    bytes: int
    modified: float
    remote: RemoteFile | None = None
    rows: tuple[int, int] | None = None
    partitions: Mapping[str, object] = field(default_factory=dict, hash=False)
    deleted_rows: tuple[int, ...] = ()
    table_columns: tuple[str, ...] = ()

    @property
    def packed(self) -> str:
        """The suffix of the compression, one of COMPRESSIONS, or ''."""
        suffix = self.path.suffix.lower()
        return suffix if suffix in COMPRESSIONS else ""

    def record(self) -> dict[str, str | int | float]:
        """Returns the record of this input for a store version; it changes when the rows do."""
        record: dict[str, str | int | float] = {
            "path": self.name,
            "bytes": self.bytes,
            "modified": self.modified,
        }
        if self.remote:
            record["etag"] = self.remote.etag
        if self.deleted_rows:
            # Rows of a table are deleted and restored without a change of their file.
            rows = ",".join(map(str, self.deleted_rows)).encode()
            record["deleted"] = hashlib.sha256(rows).hexdigest()[:32]
        return record


@dataclass(frozen=True)
class FoundFiles(Sequence[SourceFile]):
    """The files that a setting names, sorted by name, and the names of those without bytes."""

    files: tuple[SourceFile, ...]
    skipped: tuple[str, ...] = ()

    @overload
    def __getitem__(self, place: int) -> SourceFile: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SourceFile]: ...
    def __getitem__(self, place: int | slice) -> SourceFile | Sequence[SourceFile]:
        """Returns the file (or files) at `place` in the order of names."""
        return self.files[place]

    def __len__(self) -> int:
        """Returns the number of files with bytes."""
        return len(self.files)
