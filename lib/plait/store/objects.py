"""Objects of a store, the same on a folder and on S3; what fails is a StoreError."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import obstore
from obstore.store import LocalStore, S3Store

from plait.store.fault import reaching

if TYPE_CHECKING:
    from obstore import ObjectMeta

Objects = LocalStore | S3Store


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


def remove_objects(objects: Objects, names: Sequence[str]) -> None:
    """Removes what stands under `names`; what is gone already is fine.

    Raises:
        StoreError: the store cannot be written.
    """
    with reaching(address_of(objects)):
        if isinstance(objects, S3Store):
            obstore.delete(objects, list(names))
            return
        for name in names:
            try:
                obstore.delete(objects, name)
            except FileNotFoundError:
                continue


def address_of(objects: Objects) -> str:
    """Returns where `objects` lie: a path, or s3://bucket/prefix."""
    if isinstance(objects, LocalStore):
        return str(objects.prefix or "/")
    return f"s3://{objects.config['bucket']}/{objects.prefix or ''}".rstrip("/")
