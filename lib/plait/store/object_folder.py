"""The objects of a store as a plain interface, for what encrypts them (privacy/vault.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obstore.exceptions import AlreadyExistsError

from plait.store.store_objects import (
    ObjectStore,
    list_objects,
    read_object,
    remove_objects,
    sync_object,
    write_object,
)


@dataclass(frozen=True)
class ObjectFolder:
    """Reads and writes objects. Every method raises StoreError if the store cannot be used."""

    objects: ObjectStore

    def read(self, name: str) -> bytes:
        """Returns the content of the object `name`; raises FileNotFoundError if there is none."""
        return read_object(self.objects, name)

    def write(self, name: str, body: bytes, *, new: bool) -> bool:
        """Writes an object, durably; returns false if it is to be new and exists already."""
        try:
            write_object(self.objects, name, body, new=new)
        except AlreadyExistsError:
            # If the response to our own write was lost, the object is ours.
            return read_object(self.objects, name) == body
        sync_object(self.objects, name)
        return True

    def names(self, prefix: str) -> list[str]:
        """Returns the names of all objects under the folder `prefix`."""
        return [meta["path"] for meta in list_objects(self.objects, prefix)]

    def remove(self, names: Sequence[str]) -> None:
        """Removes the objects `names`; missing ones are ignored."""
        remove_objects(self.objects, names)
