"""Finds the files that a platform names, and determines their formats."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from plait.config import Project, is_remote
from plait.config.source_settings import FileFormat
from plait.errors import EmptyInput, MissingFile, UnreadableFile
from plait.sources.files.delta_files import keep_active_files
from plait.sources.files.file_format import determine_format
from plait.sources.files.file_matches import FileMatch, match_files
from plait.sources.files.s3_files import list_siblings, read_head
from plait.sources.files.source_file import FoundFiles, SourceFile

_HEAD_BYTES = 65_536  # bytes read to determine what a file is
_BLOCK_BYTES = 2**20  # a file in bzip2 is unpacked by blocks of up to 900 kB


def find_files(
    project: Project,
    patterns: Sequence[str],
    form: FileFormat | None,
    setting: str,
    *,
    otherwise: FileFormat | None = None,
    may_be_empty: bool = False,
) -> FoundFiles:
    """Returns the files for which `patterns` stand, each once, and the skipped ones.

    A pattern is a file, a folder, a Delta table or a glob; see match_files. Files without bytes are
    skipped.

    Args:
        project: the project.
        patterns: the files, as the setting has them.
        form: the format, if it is set.
        setting: the setting that names the files, such as platforms.shop.events.
        otherwise: the format of files whose names and first bytes do not tell it.
        may_be_empty: return no file, if all are without bytes, instead of an error.

    Raises:
        MissingFile: a path does not exist or a glob matches nothing.
        EmptyInput: all files are without bytes.
        UnreadableFile: a file cannot be read, or is not in the format of its name.
        ConfigError: the format cannot be determined from the name.
        StoreError: a bucket cannot be listed.
    """
    found: dict[str, SourceFile] = {}
    skipped: set[str] = set()
    for pattern in patterns:
        matches = match_files(project, pattern, setting)
        if not matches:
            raise _missing(pattern, project.absolute_address(pattern), setting)
        for match in keep_active_files(matches, setting):
            if match.name in found or match.name in skipped:
                continue
            file = _describe(match, form, setting, otherwise)
            if file is None:
                skipped.add(match.name)
            else:
                found[match.name] = file
    if not found and not may_be_empty:
        names = sorted(skipped)
        few = ", ".join(f"'{name}'" for name in names[:3]) or "the table"
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise EmptyInput(
            f"{few}{more} {'is' if len(names) < 2 else 'are'} empty, and {setting} has no others.",
            fix=f"Fill {'it' if len(names) < 2 else 'one'}, or set {setting}.files.",
        )
    files = sorted(found.values(), key=lambda file: file.name)
    return FoundFiles(tuple(files), tuple(sorted(skipped)))


def _missing(pattern: str, whole: str, setting: str) -> MissingFile:
    if not is_remote(whole) and Path(whole).is_dir():
        return MissingFile(
            f"there is no file in the folder '{pattern}'.",
            allowed="Hidden files (whose names begin with . or _, or end with .crc or .tmp) do not "
            "count, unless a glob such as '_*' asks for them.",
            fix=f"Put the files there, or set {setting}.files.",
        )
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


def _describe(
    match: FileMatch, form: FileFormat | None, setting: str, otherwise: FileFormat | None
) -> SourceFile | None:
    """Returns the file with its format; null if it has no bytes."""
    size, modified = (
        (match.remote.bytes, match.remote.modified) if match.remote else _stat_file(match, setting)
    )
    if not size:
        return None
    kind = determine_format(match.name, _head(match, setting), form, setting, otherwise)
    return SourceFile(
        match.path, match.name, kind, setting, size, modified, match.remote,
        partitions=match.partitions, deleted_rows=match.deleted_rows,
        table_columns=match.table_columns,
    )  # fmt: skip


def _stat_file(match: FileMatch, setting: str) -> tuple[int, float]:
    """Returns size (bytes) and modification time of a local file; checks that it is readable."""
    try:
        about = match.path.stat()
        with match.path.open("rb"):
            return about.st_size, about.st_mtime
    except OSError as error:
        if match.path.is_symlink() and not match.path.exists():  # a link to a file that is gone
            return 0, 0.0
        raise UnreadableFile(
            f"cannot read '{match.name}' ({error.strerror}).",
            fix=f"Make it readable, or set {setting}.files.",
        ) from None


def _head(match: FileMatch, setting: str) -> bytes:
    size = _BLOCK_BYTES if match.name.lower().endswith(".bz2") else _HEAD_BYTES
    if match.remote:
        try:
            return read_head(match.remote, size)
        except FileNotFoundError:
            raise UnreadableFile(
                f"'{match.name}' was removed while it was checked.",
                fix=f"Run again, or set {setting}.files.",
            ) from None
    with match.path.open("rb") as opened:
        return opened.read(size)
