"""Names that become paths: none leads out of the folder that it is a name in.

What a manifest, an alias, a version or a Delta log names was written by somebody. Every such name
passes here before anything is read, written or removed under it.
"""

from __future__ import annotations

import re

_MOST = 255  # bytes of a file's name
_BAD = re.compile(r"[/\\\x00-\x1f\x7f]")


class UnsafeName(ValueError):
    """A name that is not the name of something in its folder."""


def check_name(name: object) -> str:
    """Returns `name` if it is the name of one file or folder.

    Raises:
        UnsafeName: it is empty, `.` or `..`, holds a slash, a backslash or a control character,
            is too long, or is no text.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or _BAD.search(name):
        raise _unsafe(name)
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise _unsafe(name) from None
    if size > _MOST:
        raise _unsafe(name)
    return name


def check_path(path: object) -> str:
    """Returns `path` if it is a path inside a folder: names, each as in `check_name`, and slashes.

    Raises:
        UnsafeName: it is not; an absolute path begins with an empty name.
    """
    if not isinstance(path, str):
        raise _unsafe(path)
    for name in path.split("/"):
        try:
            check_name(name)
        except UnsafeName:
            raise _unsafe(path) from None
    return path


def _unsafe(name: object) -> UnsafeName:
    shown = ascii(name)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return UnsafeName(f"{shown} is not the name of a file in its folder")
