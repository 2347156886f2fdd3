"""Reads files with secrets, and checks that only their owner can read them."""

from __future__ import annotations

import stat
from pathlib import Path

from plait.errors import BadKey


def read_secret_file(path: Path, what: str, variable: str) -> str:
    """Returns the text of a file with a secret.

    Args:
        path: the file.
        what: what it holds, for messages, such as `pseudonym key`.
        variable: the environment variable that may hold it instead.

    Raises:
        BadKey: others may read the file, or it cannot be read.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise BadKey(
                f"the {what} '{path}' is open to others (mode {mode:04o}).",
                allowed="Only its owner may read it.",
                fix=f"Run: chmod 600 '{path}'",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(
            f"cannot read the {what} '{path}' ({error}).",
            fix=f"Correct the file, or set {variable}.",
        ) from None
