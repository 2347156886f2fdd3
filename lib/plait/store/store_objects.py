"""Reads, writes and lists objects of a store, in a folder or on S3; errors are StoreError."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import LocalStore, S3Store

from plait.errors import StoreError
from plait.store.safe_names import UnsafeName, check_path
from plait.store.storage_errors import retry_conditional_write, translate_errors

if TYPE_CHECKING:
    from obstore import ObjectMeta

ObjectStore = LocalStore | S3Store
_STAGED = re.compile(r"#\d+$")  # suffix of files that obstore has not written completely


def read_object(objects: ObjectStore, name: str) -> bytes:
    """Returns the content of the object `name`.

    Raises:
        FileNotFoundError: there is no such object.
        StoreError: the store cannot be read, or the name leads out of it.
    """
    check_inside(objects, name)
    with translate_errors(address_of(objects)):
        return bytes(obstore.get(objects, name).bytes())


def write_object(
    objects: ObjectStore, name: str, body: bytes | memoryview, *, new: bool = False
) -> None:
    """Writes `body` to the object `name`, atomically.

    Raises:
        obstore.exceptions.AlreadyExistsError: `new` is true and the object exists. If a response
            was lost, it may be our own.
        StoreError: the store cannot be written, or the name leads out of it.
    """
    check_inside(objects, name)
    with translate_errors(address_of(objects)):
        if new:
            retry_conditional_write(lambda: obstore.put(objects, name, body, mode="create"))
        else:
            obstore.put(objects, name, body)


def sync_object(objects: ObjectStore, name: str) -> None:
    """Syncs the object `name` and its folder to disk, so that they survive a power loss.

    On S3 this does nothing, because S3 is durable.
    """
    if not isinstance(objects, LocalStore):
        return
    file = Path(str(objects.prefix)) / name
    for path in (file, file.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def list_objects(objects: ObjectStore, prefix: str) -> list[ObjectMeta]:
    """Returns path, size, last_modified and e_tag of all objects under the folder `prefix`.

    Raises:
        StoreError: the store cannot be read, or the name leads out of it.
    """
    if prefix:
        _check_name(objects, prefix.rstrip("/"))
    with translate_errors(address_of(objects)):
        return list(obstore.list(objects, prefix).collect())


def list_staged(objects: ObjectStore, prefix: str) -> list[ObjectMeta]:
    """Returns the incomplete files under `prefix` that killed writers left in a local store.

    The result is empty on S3, where an incomplete upload is not an object.
    """
    if not isinstance(objects, LocalStore):
        return []
    root = Path(str(objects.prefix))
    found = []
    for path in root.joinpath(prefix).rglob("*#*"):
        if _STAGED.search(path.name) and path.is_file():
            about = path.stat()
            meta: ObjectMeta = {
                "path": path.relative_to(root).as_posix(),
                "last_modified": datetime.fromtimestamp(about.st_mtime, UTC),
                "size": about.st_size,
                "e_tag": None,
                "version": None,
            }
            found.append(meta)
    return found


def remove_objects(objects: ObjectStore, names: Sequence[str]) -> None:
    """Removes the objects `names`; missing ones are ignored.

    Raises:
        StoreError: the store cannot be written, or a name leads out of it. Then nothing is
            removed.
    """
    check_removable(objects, names)
    with translate_errors(address_of(objects)):
        if isinstance(objects, S3Store):
            obstore.delete(objects, list(names))
            return
        root = Path(str(objects.prefix))
        for name in names:
            if _STAGED.search(name):
                (root / name).unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):
                obstore.delete(objects, name)


def check_inside(objects: ObjectStore, name: str) -> None:
    """Checks that `name` is inside the store, so that nothing outside is read or written.

    Raises:
        StoreError: the name leads out of the store, directly or through a link.
    """
    _check_name(objects, name)
    if isinstance(objects, LocalStore):
        _refuse_outside_link(objects, name, {})


def check_removable(objects: ObjectStore, names: Iterable[str]) -> None:
    """Checks that `names` are inside the store, so that nothing outside is removed.

    A name may itself be a link, because only the link is removed, not its target.

    Raises:
        StoreError: a name leads out of the store, directly or through a folder that is a link.
    """
    known: dict[str, bool] = {}
    for name in names:
        _check_name(objects, name)
        folder = name.rpartition("/")[0]
        if folder and isinstance(objects, LocalStore):
            _refuse_outside_link(objects, folder, known)


def _check_name(objects: ObjectStore, name: str) -> None:
    try:
        check_path(name)
    except UnsafeName as error:
        raise StoreError(
            f"{error}: the store '{address_of(objects)}' has no such object.",
            fix="A record of the store was changed by hand. Restore it from a copy.",
        ) from None


def _refuse_outside_link(objects: LocalStore, name: str, known: dict[str, bool]) -> None:
    """Raises StoreError if `name` leads outside once links are resolved; `known` is a cache."""
    root = str(objects.prefix or "/")
    if name not in known:
        real = os.path.realpath(root)
        found = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - as PTH has no realpath
        known[name] = os.path.commonpath([real, found]) != real
    if known[name]:
        raise StoreError(
            f"a link leads from '{name}' out of the store '{root}'.",
            allowed="plait reads, writes and removes nothing outside the folder of a store.",
            fix="Replace the link by its target, or set `store:` to the folder itself.",
        )


def address_of(objects: ObjectStore) -> str:
    """Returns the address of `objects`: a path, or s3://bucket/prefix."""
    if isinstance(objects, LocalStore):
        return str(objects.prefix or "/")
    return f"s3://{objects.config['bucket']}/{objects.prefix or ''}".rstrip("/")
