"""Names a group of files by one pattern, which matches no other file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath


def name_files(names: Sequence[str], everything: Sequence[str]) -> str | list[str]:
    """Returns the files `names` as a path, a pattern, or a list of paths.

    Args:
        names: the files, relative to the project file.
        everything: all files that were found; a pattern that matches another one is not used.
    """
    if len(names) == 1:
        return names[0]
    folders = {str(PurePosixPath(name).parent) for name in names}
    others = set(everything) - set(names)
    for pattern in _patterns(names, folders):
        if all(_matches(name, pattern) for name in names) and not any(
            _matches(name, pattern) for name in others
        ):
            return pattern
    return sorted(names)


def _patterns(names: Sequence[str], folders: set[str]) -> list[str]:
    """Returns patterns for `names`, the narrowest first."""
    files = [PurePosixPath(name).name for name in names]
    head, tail = _common_ends(files)
    suffix = "".join(PurePosixPath(files[0]).suffixes[-2:])
    if len(folders) == 1:
        folder = next(iter(folders))
        lead = "" if folder == "." else f"{folder}/"
        return [f"{lead}{head}*{tail}", f"{lead}*{suffix}"]
    parts = [PurePosixPath(folder).parts for folder in folders]
    common: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1 or "=" in level[0]:
            break
        common.append(level[0])
    lead = "/".join(common)
    lead = f"{lead}/" if lead and lead != "." else ""
    if any("=" in part for folder in parts for part in folder):  # partitions: all files below
        return [f"{lead}**/*{suffix}"]
    levels = {len(part) - len(common) for part in parts}
    found = [f"{lead}{'*/' * next(iter(levels))}{head}*{tail}"] if len(levels) == 1 else []
    return [*found, f"{lead}**/{head}*{tail}", f"{lead}**/*{suffix}"]


def _common_ends(names: Sequence[str]) -> tuple[str, str]:
    if len(set(names)) == 1:
        return names[0].split(".")[0], names[0][len(names[0].split(".")[0]) :]
    head = tail = names[0]
    for name in names[1:]:
        while not name.startswith(head):
            head = head[:-1]
        while not name.endswith(tail):
            tail = tail[1:]
    head = re.sub(r"\d+$", "", head)
    tail = re.sub(r"^\d+", "", tail) if not tail.startswith(".") else tail
    overlap = len(head) + len(tail) - min(map(len, names))
    return head, tail[max(0, overlap) :]


def _matches(name: str, pattern: str) -> bool:
    """Whether a path matches as the shell says: * stays inside a folder, ** does not."""
    return _match_parts(PurePosixPath(name).parts, PurePosixPath(pattern).parts)


def _match_parts(name: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(_match_parts(name[n:], pattern[1:]) for n in range(len(name) + 1))
    return bool(name) and fnmatchcase(name[0], pattern[0]) and _match_parts(name[1:], pattern[1:])
