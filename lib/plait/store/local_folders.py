"""Folders of the user on this machine: scratch space, caches, and sockets with short paths."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from plait.errors import StoreError

MAX_SOCKET_PATH_BYTES = 107  # maximum length of a socket path in the kernel
_SPECIAL = set(" \t\n'\"\\#$%@,")  # characters with a special meaning in the HAProxy configuration
_ELSEWHERE = ("/tmp", "/var/tmp", "/dev/shm")


def socket_folder(name: int, longest: int = MAX_SOCKET_PATH_BYTES) -> Path:
    """Returns a folder that only its owner can read, for sockets whose names are `name` bytes.

    The folder is in TMPDIR. If the path would be too long, or has characters that the HAProxy
    configuration cannot contain, it is in another folder for temporary files.

    Raises:
        StoreError: no such folder can be created.
    """
    wanted = tempfile.gettempdir()
    for root in (wanted, *_ELSEWHERE):
        folder = own_path(root)
        fits = len(os.fsencode(folder)) + 1 + name <= longest
        if fits and not _SPECIAL & {*str(folder)} and os.access(root, os.W_OK):
            return own_folder(folder)
    raise StoreError(
        f"no folder for sockets: the path of '{wanted}' is too long or has a special character, "
        f"and none of {', '.join(_ELSEWHERE)} can be written.",
        fix="Set TMPDIR to a folder with a short path that you may write, such as /tmp.",
    )


def cache_folder() -> Path:
    """Returns plait's folder in XDG_CACHE_HOME or ~/.cache, or else one in TMPDIR.

    Raises:
        StoreError: neither can be created.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plait"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):  # not writable, or the user has no home folder
        pass
    return own_folder(own_path(tempfile.gettempdir()) / "cache")


def scratch_folder() -> Path:
    """Returns the scratch folder in TMPDIR, which only its owner can read.

    Raises:
        StoreError: it cannot be created, or belongs to another user.
    """
    return own_folder(own_path(tempfile.gettempdir()) / "scratch")


def own_path(root: str | Path) -> Path:
    """Returns the path of this user's folder in `root`; it may not exist yet."""
    return Path(root) / f"plait-{os.getuid()}"


def own_folder(folder: Path) -> Path:
    """Creates `folder`, which is this user's folder or inside it, if missing; returns it.

    Raises:
        StoreError: it cannot be created, or belongs to another user.
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
