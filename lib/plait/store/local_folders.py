"""Folders of the user on this machine: scratch space, caches, and sockets with short paths."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from plait.errors import StoreError

MAX_SOCKET_PATH_BYTES = 107  # bytes of a socket's path that the kernel takes
_SPECIAL = set(
    " \t\n'\"\\#$%@,"
)  # a word of HAProxy's settings ends there, or means something else
_ELSEWHERE = ("/tmp", "/var/tmp", "/dev/shm")


def socket_folder(name: int, longest: int = MAX_SOCKET_PATH_BYTES) -> Path:
    """Returns a folder that only its owner can read, for sockets whose names are `name` bytes.

    It lies in TMPDIR, unless that makes the path too long, or one that HAProxy's settings cannot
    name: then where temporary files usually lie.

    Raises:
        StoreError: no such folder can be made.
    """
    wanted = tempfile.gettempdir()
    for root in (wanted, *_ELSEWHERE):
        folder = own_path(root)
        fits = len(os.fsencode(folder)) + 1 + name <= longest
        if fits and not _SPECIAL & {*str(folder)} and os.access(root, os.W_OK):
            return own_folder(folder)
    raise StoreError(
        f"no folder for sockets: the path of '{wanted}' is too long or has a space or sign, "
        f"and none of {', '.join(_ELSEWHERE)} can be written.",
        fix="Set TMPDIR to a folder with a short path that you may write, such as /tmp.",
    )


def cache_folder() -> Path:
    """Returns plait's folder in XDG_CACHE_HOME or ~/.cache; where it cannot be made, one in TMPDIR.

    Raises:
        StoreError: neither can be made.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plait"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):  # not writable, or a user without a home
        pass
    return own_folder(own_path(tempfile.gettempdir()) / "cache")


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
