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
    folder = Path(tempfile.gettempdir()) / f"plait-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.lstat()
        if about.st_uid != os.getuid() or about.st_mode & 0o077 or folder.is_symlink():
            raise StoreError(
                f"the folder '{folder}' is open to others.",
                fix=f"Remove it: rm -r '{folder}'; or set TMPDIR to a folder of your own.",
            )
        scratch = folder / "scratch"
        scratch.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder '{folder}' ({error.strerror}).",
            fix="Set TMPDIR to a folder that you may write.",
        ) from None
    return scratch
