"""Where this machine sets rows and copies aside while it works: a folder of the user's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from plait.errors import StoreError


def scratch_folder() -> Path:
    """Returns the folder, which only its owner can read; TMPDIR chooses the disk.

    Raises:
        StoreError: it cannot be made, or is another's.
    """
    return own_folder(own_path(tempfile.gettempdir()) / "scratch")


def own_path(root: str | Path) -> Path:
    """Returns the folder in `root` that is this user's; it may not be there yet."""
    return Path(root) / f"plait-{os.getuid()}"


def own_folder(folder: Path) -> Path:
    """Returns `folder`, this user's or in what is this user's, made where it is not there.

    Raises:
        StoreError: it cannot be made, or is another's.
    """
    owned = next(one for one in (folder, *folder.parents) if one.name == f"plait-{os.getuid()}")
    try:
        owned.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = owned.lstat()
        if about.st_uid != os.getuid() or about.st_mode & 0o077 or owned.is_symlink():
            raise StoreError(
                f"the folder '{owned}' is open to others.",
                fix=f"Remove it: rm -r '{owned}'; or set TMPDIR to a folder of your own.",
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder '{folder}' ({error.strerror}).",
            fix="Set TMPDIR to a folder that you may write.",
        ) from None
    return folder
