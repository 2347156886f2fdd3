"""Objects of a store, the same on a folder and on S3; what fails is a StoreError."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import LocalStore, S3Store

from plait.store.fault import reaching

if TYPE_CHECKING:
    from obstore import ObjectMeta

Objects = LocalStore | S3Store
_STAGED = re.compile(r"#\d+$")  # how obstore names a file that is not whole yet


def read_object(objects: Objects, name: str) -> bytes:
    """Returns what stands under `name`.

    Raises:
        FileNotFoundError: nothing does.
        StoreError: the store cannot be read.
    """
    with reaching(address_of(objects)):
        return bytes(obstore.get(objects, name).bytes())


def write_object(
    objects: Objects, name: str, body: bytes | memoryview, *, new: bool = False
) -> None:
    """Puts `body` under `name`, whole or not at all.

    Raises:
        obstore.exceptions.AlreadyExistsError: `new`, and something stands there.
        StoreError: the store cannot be written.
    """
    with reaching(address_of(objects)):
        obstore.put(objects, name, body, mode="create" if new else "overwrite")


def list_objects(objects: Objects, prefix: str) -> list[ObjectMeta]:
    """Returns path, size, last_modified and e_tag of everything under the folder `prefix`.

    Raises:
        StoreError: the store cannot be read.
    """
    with reaching(address_of(objects)):
        return list(obstore.list(objects, prefix).collect())


def list_staged(objects: Objects, prefix: str) -> list[ObjectMeta]:
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


def remove_objects(objects: Objects, names: Sequence[str]) -> None:
    """Removes what stands under `names`; what is gone already is fine.

    Raises:
        StoreError: the store cannot be written.
    """
    with reaching(address_of(objects)):
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


def address_of(objects: Objects) -> str:
    """Returns where `objects` lie: a path, or s3://bucket/prefix."""
    if isinstance(objects, LocalStore):
        return str(objects.prefix or "/")
    return f"s3://{objects.config['bucket']}/{objects.prefix or ''}".rstrip("/")
