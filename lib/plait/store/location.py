"""Where a store lies: a folder, or a prefix of an S3 bucket."""

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
    """A store's address and the means to read and write there.

    Attributes:
        uri: an absolute path, or s3://bucket/prefix.
        objects: put, get, list, put-if-absent; the same on both.
        options: what deltalake and Polars need to be told; holds secrets, so it is never shown.
    """

    uri: str
    objects: ObjectStore
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels as its address: another machine opens it with its own credentials."""
        return open_location, (self.uri,)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder."""
        return isinstance(self.objects, LocalStore)

    def at(self, name: str) -> str:
        """Returns the address of `name` inside it."""
        return f"{self.uri}/{name}"


def open_location(address: str | Path) -> Location:
    """Returns the location at `address`; a folder is made if missing.

    S3 takes endpoint, region and credentials from the standard AWS_* names, see
    store/s3_settings.py.

    Raises:
        StoreError: it cannot be made or read, or is of an unknown kind.
    """
    if not is_remote(str(address)):
        return _open_folder(Path(address))
    return _open_bucket(*split_s3_address(str(address), "Mend `store:` in the project file."))


def split_s3_address(address: str, fix: str) -> tuple[str, str]:
    """Returns bucket and key of an s3:// address.

    Args:
        address: s3://bucket/key; the key may be empty.
        fix: what to do if it is none.

    Raises:
        StoreError: it is not an address on S3.
    """
    parts = urlsplit(address.replace("?", "%3F").replace("#", "%23"))
    if parts.scheme not in ("s3", "s3a") or not parts.netloc or "@" in parts.netloc:
        raise StoreError(
            f"'{_redacted(address)}' is not a place on S3.",
            allowed="A path or s3://bucket/prefix; keys come from the environment.",
            fix=fix,
        )
    key = parts.path.replace("%3F", "?").replace("%23", "#")
    return parts.netloc, key.strip("/")


def _redacted(address: str) -> str:
    """Returns `address` without what stands before an @: it may be a secret."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"


def _open_folder(root: Path) -> Location:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the store '{root}' ({error.strerror}).",
            fix="Set `store:` to a folder you may write, or mend its permissions.",
        ) from None
    if not os.access(root, os.R_OK | os.X_OK):
        raise StoreError(
            f"the store '{root}' cannot be read.",
            fix="Set `store:` to a folder you may read, or mend its permissions.",
        )
    return Location(str(root.absolute()), LocalStore(prefix=root))


def _open_bucket(bucket: str, prefix: str) -> Location:
    address = f"s3://{bucket}/{prefix}".rstrip("/")
    objects = open_bucket(bucket, prefix)
    # One question up front: a bucket that is missing, denied or dead is told before work begins.
    list_objects(objects, "versions")
    return Location(address, objects, delta_options())
