"""The files that a path, folder or glob stands for, on this machine or on S3."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from plait.config import Project, is_remote
from plait.sources.files.hive_partitions import is_hidden, is_named_like_a_file, read_partitions
from plait.sources.files.s3_files import RemoteFile, list_s3_files


@dataclass(frozen=True)
class FileMatch:
    """A file that a pattern stands for, before it is checked.

    Attributes:
        path: where it lies; of a file on S3 only the name.
        name: relative to the project file, or the s3:// address.
        remote: the object, if it is on S3.
        partitions: the values in its path (text), or those of its Delta table, by column.
        literal: whether the pattern is its name, written out.
        table: the path or address of the Delta table in which it lies; '' if it is in none.
        deleted_rows: see SourceFile.
        table_columns: see SourceFile.
    """

    path: Path
    name: str
    remote: RemoteFile | None = None
    partitions: Mapping[str, object] = field(default_factory=dict)
    literal: bool = False
    table: str = ""
    deleted_rows: tuple[int, ...] = ()
    table_columns: tuple[str, ...] = ()


def match_files(project: Project, pattern: str, setting: str) -> list[FileMatch]:
    """Returns the files that `pattern` stands for, in the order of their names.

    A folder stands for all files in it, at any depth; a glob that matches only folders stands for
    theirs, and so does a folder with the name of a file, such as orders.csv. Hidden files count
    only if the pattern asks for them; see is_hidden.

    Raises:
        StoreError: a bucket cannot be listed.
    """
    whole = project.absolute_address(pattern)
    return _on_s3(whole, setting) if is_remote(whole) else _on_disk(project, whole)


def _on_disk(project: Project, whole: str) -> list[FileMatch]:
    existing = _count_existing(whole)
    parts = Path(whole).parts
    table_of = cache(_table_around)
    escaped = str(Path(glob.escape(str(Path(*parts[:existing]))), *parts[existing:]))
    found = [Path(p) for p in glob.glob(escaped, recursive=True)]  # noqa: PTH207
    files = [path for path in found if _is_file(path)]
    folders = [path for path in found if path.is_dir()]
    files += _walk([path for path in folders if not files or is_named_like_a_file(path.name)])
    return sorted(
        (
            FileMatch(
                path,
                Path(os.path.relpath(path, project.path("."))).as_posix(),
                partitions=read_partitions(path.parts, existing),
                literal=path.parts == parts,
                table=table_of(path.parent),
            )
            for path in set(files)
            if not is_hidden(path.parts[existing:], parts[existing:])
        ),
        key=lambda match: match.name,
    )


def _table_around(folder: Path) -> str:
    """Returns the innermost folder with a Delta log around what lies in `folder`, or ''."""
    around = (at for at in (folder, *folder.parents) if (at / "_delta_log").is_dir())
    return str(next(around, ""))


def _walk(folders: Iterable[Path]) -> Iterator[Path]:
    """Yields the files in `folders` at any depth, hidden ones too; links to folders are opened."""
    for folder in folders:
        opened: set[str] = set()
        for at, below, names in os.walk(folder, followlinks=True):
            # A link to a folder above would be opened for ever.
            here = os.path.realpath(at)
            if here in opened:
                below.clear()
                continue
            opened.add(here)
            yield from (path for name in names if _is_file(path := Path(at, name)))


def _is_file(path: Path) -> bool:
    """Whether `path` is a file, or a link to one that is gone, which has no rows."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _count_existing(whole: str) -> int:
    """Returns how many leading components of `whole` exist exactly as they are written.

    Names of folders and files may contain brackets, stars and question marks.
    """
    parts = Path(whole).parts
    existing = Path(parts[0])
    for place, part in enumerate(parts[1:], 1):
        existing /= part
        if not os.path.lexists(existing):
            return place
    return len(parts)


def _on_s3(whole: str, setting: str) -> list[FileMatch]:
    found = list_s3_files(whole, f"Correct {setting}.files.")

    @cache
    def table_of(folder: str) -> str:
        around = (t for t in found.tables if f"{folder}/".startswith(f"{t}/"))
        return next(around, "")

    pattern = PurePosixPath(whole).parts
    written = next((n for n, part in enumerate(pattern) if re.search(r"[*?[]", part)), len(pattern))
    matches = []
    for file in found.files:
        parts = PurePosixPath(file.address).parts
        literal = parts == pattern
        existing = len(parts) if literal else written
        if not is_hidden(parts[existing:], pattern[existing:]):
            values = read_partitions(parts, existing)
            table = table_of(file.address.rpartition("/")[0])
            path = Path(parts[-1])
            matches.append(FileMatch(path, file.address, file, values, literal, table))
    return matches
