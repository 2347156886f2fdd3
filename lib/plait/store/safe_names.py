"""Checks names that become paths, so that none leads out of its folder.

Names in a manifest, an alias, a version or a Delta log are untrusted. Each is checked here before
anything is read, written or removed under it.
"""

from __future__ import annotations

import re

_MAX_NAME_BYTES = 255
_BAD = re.compile(r"[/\\\x00-\x1f\x7f]")


class UnsafeName(ValueError):
    """A name that is not the name of an entry of its folder."""


def check_name(name: object) -> str:
    """Returns `name` if it is the name of one file or folder.

    Raises:
        UnsafeName: it is empty, `.` or `..`, has a slash, a backslash or a control character, is
            too long, or is not text.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or _BAD.search(name):
        raise _unsafe(name)
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise _unsafe(name) from None
    if size > _MAX_NAME_BYTES:
        raise _unsafe(name)
    return name


def check_path(path: object) -> str:
    """Returns `path` if it is a path inside a folder: valid names, separated by slashes.

    Raises:
        UnsafeName: a name in it fails `check_name`, or the path is absolute.
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
