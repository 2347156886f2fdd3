"""Where a store lies: a folder, or a prefix of an S3 bucket."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from obstore.store import LocalStore, S3Store

from plait.errors import StoreError

Objects = LocalStore | S3Store
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Location:
    """A store's address and the means to read and write there.

    Attributes:
        uri: an absolute path, or s3://bucket/prefix.
        objects: put, get, list, put-if-absent; the same on both.
        options: what deltalake and Polars need beside the environment.
    """

    uri: str
    objects: Objects
    options: dict[str, str] = field(default_factory=dict)

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


def is_remote(address: str) -> bool:
    """Whether `address` is a URI rather than a path."""
    return "://" in address


def open_location(address: str | Path) -> Location:
    """Returns the location at `address`; a folder is made if missing.

    S3 takes endpoint, region and credentials from the standard AWS_* names.

    Raises:
        StoreError: it cannot be made, written, or is of an unknown kind.
    """
    if not is_remote(str(address)):
        return _open_folder(Path(address))
    parts = urlsplit(str(address))
    if parts.scheme not in ("s3", "s3a"):
        raise StoreError(
            f"'{address}' is not a place plait can keep a store.",
            allowed="A path or s3://bucket/prefix.",
            fix="Mend `store:` in the project file.",
        )
    return _open_bucket(parts.netloc, parts.path.strip("/"))


def _open_folder(root: Path) -> Location:
    fix = "Set `store:` to a folder you may write, or mend its permissions."
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the store '{root}' ({error.strerror}).", fix=fix) from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise StoreError(f"the store '{root}' cannot be written.", fix=fix)
    return Location(str(root.absolute()), LocalStore(prefix=root))


def _open_bucket(bucket: str, prefix: str) -> Location:
    http = allows_http()
    store = S3Store(bucket, prefix=prefix or None, client_options={"allow_http": http})
    # Commits are put-if-absent, so two writers can never both make one version.
    options = {"conditional_put": "etag", "allow_http": str(http).lower()}
    return Location(f"s3://{bucket}/{prefix}".rstrip("/"), store, options)


def allows_http() -> bool:
    """Whether S3 may be spoken to without TLS: on loopback, or when AWS_ALLOW_HTTP says so.

    Raises:
        StoreError: the endpoint is plain http elsewhere.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    asked = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
    if not endpoint.startswith("http://") or asked:
        return asked
    if urlsplit(endpoint).hostname in _LOOPBACK:
        return True
    raise StoreError(
        f"the S3 endpoint '{endpoint}' has no TLS.",
        allowed="https, or http on loopback.",
        fix="Use https://, or set AWS_ALLOW_HTTP=true if the network is yours.",
    )
