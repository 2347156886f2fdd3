"""The parts of a path that mean something: values of partitions, and hidden files and folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import unquote

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_PARTITION = re.compile(r"([^=]+)=(.*)", re.DOTALL)
_HIDDEN_SUFFIXES = (".crc", ".tmp")
_FILE_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")


def read_partitions(parts: Sequence[str], start: int) -> dict[str, str | None]:
    """Returns the values in the folders of a path: `dt=2024-01-31` is the column dt.

    Folders count from the first wildcard, or below the named folder, and the partitions directly
    above. So a file has the same columns however it is named. What is escaped (%20) is decoded,
    and __HIVE_DEFAULT_PARTITION__ is null.

    Args:
        parts: the components of the path; the last one is the file.
        start: the number of leading components that are written out in the pattern.
    """
    folders = parts[:-1]
    start = min(start, len(folders))
    while start and _PARTITION.fullmatch(folders[start - 1]):
        start -= 1
    found = (_PARTITION.fullmatch(part) for part in folders[start:])
    return {
        unquote(match[1]): None if match[2] == _NO_VALUE else unquote(match[2])
        for match in found
        if match
    }


def is_named_like_a_file(folder: str) -> bool:
    """Whether a folder has the name of a file, such as orders.csv, which Spark writes in parts."""
    return folder.lower().endswith(_FILE_SUFFIXES)


def is_hidden(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether one of `parts`, the components of a path, is hidden and not asked for by `pattern`.

    Hidden are names that begin with . or _ (such as _SUCCESS and _temporary), and .crc and .tmp
    files. A component of the pattern asks for them if it begins or ends so too: `_*.csv`.
    """
    return any(
        not any(fnmatchcase(part, wanted) and _mark(wanted) == mark for wanted in pattern)
        for part in parts
        if (mark := _mark(part))
    )


def _mark(part: str) -> str:
    """Returns what hides the name `part`, or ''."""
    if part.startswith(".") or (part.startswith("_") and not _PARTITION.fullmatch(part)):
        return part[0]
    return next((suffix for suffix in _HIDDEN_SUFFIXES if part.endswith(suffix)), "")
