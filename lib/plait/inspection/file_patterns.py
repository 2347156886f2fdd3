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
    others = set(everything) - set(names)
    found = _cover(sorted(names), others)
    return found[0] if len(found) == 1 else found


def _cover(names: Sequence[str], others: set[str]) -> list[str]:
    """Returns as few patterns as are found that match `names` and none of `others`."""
    if len(names) == 1:
        return list(names)
    folders = {str(PurePosixPath(name).parent) for name in names}
    for pattern in _patterns(names, folders):
        if all(_matches(name, pattern) for name in names) and not any(
            _matches(name, pattern) for name in others
        ):
            return [pattern]
    # One pattern for each group of names that begin alike, if that is shorter than the names.
    head = _common_ends(names)[0] if len(folders) > 1 else _common_ends(
        [PurePosixPath(name).name for name in names]
    )[0]  # fmt: skip
    groups: dict[str, list[str]] = {}
    for name in names:
        bare = name if len(folders) > 1 else PurePosixPath(name).name
        token = re.match(r"\d+|[A-Za-z]+|.?", bare[len(head) :])
        groups.setdefault(token.group() if token else "", []).append(name)
    if len(groups) < 2:
        return list(names)
    found = [pattern for group in groups.values() for pattern in _cover(group, others)]
    return found if len(found) < len(names) else list(names)


def _patterns(names: Sequence[str], folders: set[str]) -> list[str]:
    """Returns patterns for `names`, the narrowest first."""
    files = [PurePosixPath(name).name for name in names]
    head, tail = _common_ends(files)
    suffix = "".join(PurePosixPath(files[0]).suffixes[-2:])
    if len(folders) == 1:
        folder = next(iter(folders))
        lead = "" if folder == "." else f"{folder}/"
        rest = [name[len(head) : len(name) - len(tail)] for name in files]
        numbered = [f"{lead}{head}[0-9]*{tail}"] if all(r[:1].isdigit() for r in rest) else []
        long = len(set(map(len, rest))) == 1
        same = [f"{lead}{head}{''.join(map(_one, rest[0]))}{tail}"] if long else []
        return [f"{lead}{head}*{tail}", *numbered, *same, f"{lead}*{suffix}"]
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


def _one(sign: str) -> str:
    """Returns the pattern of one character that stands where `sign` does."""
    return "[0-9]" if sign.isdigit() else "?"


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
