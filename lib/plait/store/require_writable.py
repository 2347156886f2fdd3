"""Checks that a store can be written, before a command that writes begins its work."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from plait.errors import StoreError
from plait.store.store import Store
from plait.store.store_objects import remove_objects, write_object

_PROBE = "writable.probe"
_READ_ONLY = "`plait versions`, `models`, `evaluate`, `recommend` and `diff` only read."


class ReadOnlyStore(StoreError):
    """The store can be read, but not written."""


def require_writable(store: Store) -> None:
    """Checks that a run can write to the store.

    In a local store, the permissions of all folders that a run writes to are checked, because some
    may belong to another user. On S3, an object is put and removed.

    Raises:
        ReadOnlyStore: the store cannot be written.
        StoreError: a request to S3 failed.
    """
    if store.location.is_local:
        for folder in _folders(Path(store.uri)):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise _read_only(store, folder)
        return
    try:
        write_object(store.objects, _PROBE, b"plait")
        remove_objects(store.objects, [_PROBE])
    except StoreError as error:
        if "denies" not in error.seen:
            raise
        raise ReadOnlyStore(
            f"the store '{store.uri}' can be read, but not written: {error.seen}",
            allowed=_READ_ONLY,
            fix="Grant PutObject and DeleteObject on the bucket, or use other credentials.",
        ) from None


def _folders(root: Path) -> list[Path]:
    """Returns the folders that runs write to: tables and their logs, versions, models, ..."""
    found = [root]
    below = (
        "tables/*",
        "tables/*/_delta_log",
        "models/*",
        "models/*/*",
        "feedback/*",
        "identity/*",
    )
    for depth in ("*", *below):
        found += [path for path in sorted(root.glob(depth)) if path.is_dir()]
    return found


def _read_only(store: Store, folder: Path) -> ReadOnlyStore:
    why = fix = ""
    with suppress(OSError):
        about = folder.stat()
        why = f"has mode {about.st_mode & 0o777:04o} and belongs to user {about.st_uid}"
        fix = f"Run as that user, or make it yours: sudo chown -R $USER '{store.uri}'"
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            why = "is on a read-only mount"
            fix = "Mount it writable, or set `store:` to a copy of it."
    return ReadOnlyStore(
        f"the store '{store.uri}' can be read, but not written: '{folder}' {why}.",
        allowed=_READ_ONLY,
        fix=fix,
    )
