"""The location of a store: a folder, or a prefix of an S3 bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from obstore.store import LocalStore

from plait.config import is_remote
from plait.errors import StoreError
from plait.store.s3_settings import delta_options, open_bucket
from plait.store.store_objects import ObjectStore, list_objects

__all__ = ["Location", "ObjectStore", "open_location", "split_s3_address"]


@dataclass(frozen=True)
class Location:
    """The address of a store, and the clients to read and write it.

    Attributes:
        uri: an absolute path, or s3://bucket/prefix.
        objects: the object store client (put, get, list, put if absent), the same for both kinds.
        options: the storage options of deltalake and Polars. They have secrets and are never shown.
    """

    uri: str
    objects: ObjectStore
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles only the address; another machine opens it with its own credentials."""
        return open_location, (self.uri,)

    @property
    def is_local(self) -> bool:
        """Whether the store is a folder on this machine."""
        return isinstance(self.objects, LocalStore)

    def at(self, name: str) -> str:
        """Returns the address of `name` inside the store."""
        return f"{self.uri}/{name}"


def open_location(address: str | Path) -> Location:
    """Returns the location at `address`; a missing folder is created.

    For S3, endpoint, region and credentials come from the standard AWS_* variables; see
    store/s3_settings.py.

    Raises:
        StoreError: the location cannot be created or read, or is of an unknown kind.
    """
    if not is_remote(str(address)):
        return _open_folder(Path(address))
    return _open_bucket(*split_s3_address(str(address), "Correct `store:` in the project file."))


def split_s3_address(address: str, fix: str) -> tuple[str, str]:
    """Returns bucket and key of an s3:// address.

    Args:
        address: s3://bucket/key; the key may be empty.
        fix: the fix for the error message.

    Raises:
        StoreError: `address` is not an S3 address.
    """
    parts = urlsplit(address.replace("?", "%3F").replace("#", "%23"))
    if parts.scheme not in ("s3", "s3a") or not parts.netloc or "@" in parts.netloc:
        raise StoreError(
            f"'{_redacted(address)}' is not an S3 address.",
            allowed="A path or s3://bucket/prefix; credentials come from the environment.",
            fix=fix,
        )
    key = parts.path.replace("%3F", "?").replace("%23", "#")
    return parts.netloc, key.strip("/")


def _redacted(address: str) -> str:
    """Returns `address` without the part before an @, which may be a secret."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"


def _open_folder(root: Path) -> Location:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the store '{root}' ({error.strerror}).",
            fix="Set `store:` to a folder you may write, or correct its permissions.",
        ) from None
    if not os.access(root, os.R_OK | os.X_OK):
        raise StoreError(
            f"the store '{root}' cannot be read.",
            fix="Set `store:` to a folder you may read, or correct its permissions.",
        )
    return Location(str(root.absolute()), LocalStore(prefix=root))


def _open_bucket(bucket: str, prefix: str) -> Location:
    address = f"s3://{bucket}/{prefix}".rstrip("/")
    objects = open_bucket(bucket, prefix)
    # One request now, so that a missing, denied or dead bucket is reported before work begins.
    list_objects(objects, "versions")
    return Location(address, objects, delta_options())
