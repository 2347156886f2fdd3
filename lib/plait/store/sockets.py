"""Where sockets lie: a folder of the user's own whose path is short enough for them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from plait.errors import StoreError
from plait.store.local_folders import own_folder, own_path

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
