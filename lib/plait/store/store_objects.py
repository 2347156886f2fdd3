"""Objects of a store, the same on a folder and on S3; what fails is a StoreError."""

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
_STAGED = re.compile(r"#\d+$")  # how obstore names a file that is not whole yet


def read_object(objects: ObjectStore, name: str) -> bytes:
    """Returns what stands under `name`.

    Raises:
        FileNotFoundError: nothing does.
        StoreError: the store cannot be read, or that is no place in it.
    """
    check_inside(objects, name)
    with translate_errors(address_of(objects)):
        return bytes(obstore.get(objects, name).bytes())


def write_object(
    objects: ObjectStore, name: str, body: bytes | memoryview, *, new: bool = False
) -> None:
    """Puts `body` under `name`, whole or not at all.

    Raises:
        obstore.exceptions.AlreadyExistsError: `new`, and something stands there; where an answer
            was lost on the way, perhaps the same.
        StoreError: the store cannot be written, or that is no place in it.
    """
    check_inside(objects, name)
    with translate_errors(address_of(objects)):
        if new:
            retry_conditional_write(lambda: obstore.put(objects, name, body, mode="create"))
        else:
            obstore.put(objects, name, body)


def sync_object(objects: ObjectStore, name: str) -> None:
    """Makes what stands under `name`, and the name, survive a power loss.

    Object stores do so by themselves.
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
    """Returns path, size, last_modified and e_tag of everything under the folder `prefix`.

    Raises:
        StoreError: the store cannot be read, or that is no place in it.
    """
    if prefix:
        _check_name(objects, prefix.rstrip("/"))
    with translate_errors(address_of(objects)):
        return list(obstore.list(objects, prefix).collect())


def list_staged(objects: ObjectStore, prefix: str) -> list[ObjectMeta]:
    """Returns what writers into a folder set aside under `prefix` and, killed, never named.

    S3 shows no such thing: what it holds of an upload that was not ended is not an object.
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
    """Removes what stands under `names`; what is gone already is fine.

    Raises:
        StoreError: the store cannot be written, or one is no place in it: nothing is removed then.
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
    """Refuses a name under which something outside the store would be read or written.

    Raises:
        StoreError: it leads out of the store, by itself or by a link.
    """
    _check_name(objects, name)
    if isinstance(objects, LocalStore):
        _refuse_outside_link(objects, name, {})


def check_removable(objects: ObjectStore, names: Iterable[str]) -> None:
    """Refuses names under which something outside the store would be removed.

    A link that is itself removed harms nothing: what it leads to stays.

    Raises:
        StoreError: one leads out of the store, by itself or by a folder that is a link.
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
            f"{error}: the store '{address_of(objects)}' has no such place.",
            fix="Somebody changed a record of the store by hand: restore it from a copy.",
        ) from None


def _refuse_outside_link(objects: LocalStore, name: str, known: dict[str, bool]) -> None:
    """Raises StoreError if `name` lies outside once links are followed; `known`: names that do."""
    root = str(objects.prefix or "/")
    if name not in known:
        real = os.path.realpath(root)
        found = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - as PTH has no realpath
        known[name] = os.path.commonpath([real, found]) != real
    if known[name]:
        raise StoreError(
            f"a link leads from '{name}' out of the store '{root}'.",
            allowed="plait reads, writes and removes nothing outside of a store's folder.",
            fix="Put what it leads to in the link's place, or set `store:` to the folder itself.",
        )


def address_of(objects: ObjectStore) -> str:
    """Returns where `objects` lie: a path, or s3://bucket/prefix."""
    if isinstance(objects, LocalStore):
        return str(objects.prefix or "/")
    return f"s3://{objects.config['bucket']}/{objects.prefix or ''}".rstrip("/")
