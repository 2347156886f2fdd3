"""Translates errors of object stores into errors with a fix.

A response of S3 may contain the access key and the signed request. So only its code and status are
passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from deltalake.exceptions import DeltaError
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from polars.exceptions import PolarsError

from plait.errors import DamagedTable, PlaitError, StoreError
from plait.store.s3_settings import ENDPOINT_VARIABLES, s3_endpoint

_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS = re.compile(r"status code\D{0,80}(\d{3})")
_DATA_FILE = re.compile(r"/tables/\w+/(bucket=\d+/)?part-\w+\.parquet")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_KEYS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN if they expire)."
_RIGHTS = "plait needs ListBucket, GetObject, PutObject and DeleteObject."
_WRONG_KEYS = (
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
    "TokenRefreshRequired",
)  # fmt: skip
_WRONG_REGION = (
    "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
)  # fmt: skip
_REDIRECTED = "incorrectly configured region"
_FROM_S3 = re.compile(
    r"object-store error|S3 error|Error performing (GET|PUT|HEAD|POST|DELETE|list)"
)
_SILENT = re.compile(r"timed? ?out|error sending request|connect|dns error|deadline", re.IGNORECASE)
_NO_KEYS = re.compile(r"instance metadata|169\.254\.|/latest/(api/token|meta-data)|imds", re.I)


Result = TypeVar("Result")
_RETRIES = 2


@contextmanager
def translate_errors(address: str) -> Iterator[None]:
    """Turns storage errors inside the block into a StoreError about `address`.

    FileNotFoundError (a missing object), AlreadyExistsError and PreconditionError (a changed
    object) are regular results, and are not translated.
    """
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise
    except FileNotFoundError as error:
        if "NoSuchBucket" not in str(error):
            raise
        raise to_store_error(error, address) from None
    except (BaseError, OSError, DeltaError, PolarsError) as error:
        raise to_store_error(error, address) from None


@contextmanager
def translate_s3_errors(address: str) -> Iterator[None]:
    """Turns errors of S3 alone into a StoreError about `address`.

    For a block that also computes: there an error of Polars or of the disk may be a fault of plait,
    and must keep its own type.
    """
    try:
        yield
    except PlaitError:
        raise
    except Exception as error:
        if not is_from_s3(error):
            raise
        raise to_store_error(error, address) from None


def retry_conditional_write(write: Callable[[], Result]) -> Result:
    """Calls `write`, a conditional write, and retries if no response came; returns its result.

    Clients retry only requests that are safe to repeat, and cannot know whether a conditional write
    is. `write` must treat an existing object that is its own as success.
    """
    for _ in range(_RETRIES):
        try:
            return write()
        except (BaseError, OSError, DeltaError) as error:
            if not _is_without_response(error):
                raise
    return write()


def _is_without_response(error: Exception) -> bool:
    text = _COLOUR.sub("", str(error))
    return is_from_s3(error) and not _STATUS.search(text) and bool(_SILENT.search(text))


def is_from_s3(error: Exception) -> bool:
    """Whether `error` is an error of deltalake, Polars or obstore about S3."""
    return bool(_FROM_S3.search(_COLOUR.sub("", str(error))))


def describe_unreadable(error: Exception) -> DamagedTable | None:
    """Returns the error of a reader of tables that met a damaged file; None if it met none."""
    text = (str(error).splitlines() or [""])[0][:300]
    gone = isinstance(error, FileNotFoundError) and _DATA_FILE.search(text)
    if not gone and not (isinstance(error, PolarsError) and text.startswith("parquet")):
        return None
    return DamagedTable(
        f"a data file of the store is damaged: {text}.", fix="Find out which: plait versions verify"
    )


def _damaged_log(error: Exception, address: str) -> DamagedTable | None:
    """Returns the error of a table whose Delta log cannot be understood; None if it can."""
    text = _first_line(error)
    if not isinstance(error, DeltaError) or is_from_s3(error) or "kernel error" not in text.lower():
        return None
    return DamagedTable(
        f"the Delta log of '{address}' is damaged ({text}).",
        fix="Restore the folder `_delta_log` of the table from a backup of the store. If there is "
        "none, name another `store` in the project file, copy the folders `feedback`, `identity` "
        "and `erasures` into it, and run `plait fuse`.",
    )


def to_store_error(error: Exception, address: str) -> StoreError:
    """Returns the StoreError for `error` of the store at `address`."""
    if damaged := describe_unreadable(error) or _damaged_log(error, address):
        return damaged
    if "://" not in address:
        reason = getattr(error, "strerror", None) or _first_line(error)
        return StoreError(
            f"the store '{address}' cannot be read or written ({reason}).",
            fix="Free space or correct permissions, then run again; no partly written version is "
            "visible.",
        )
    text = _COLOUR.sub("", str(error))
    code = found.group(1) if (found := _CODE.search(text)) else ""
    status = found.group(1) if (found := _STATUS.search(text)) else ""
    details = " ".join(part for part in (status, code) if part)
    bucket, server = urlsplit(address).netloc, _server()
    if _NO_KEYS.search(text):  # without keys, the client tries the instance metadata last
        return StoreError(f"there are no credentials for '{address}'.", fix=_KEYS)
    if code == "NoSuchBucket":
        return StoreError(
            f"there is no bucket '{bucket}' on {server}.",
            fix=f"Create the bucket, or correct '{address}' in the project file; "
            f"{_endpoint_hint()}",
        )
    if code in _WRONG_KEYS or status == "401" or isinstance(error, UnauthenticatedError):
        return StoreError(f"{server} does not accept the credentials ({details}).", fix=_KEYS)
    if code in _WRONG_REGION or status in ("301", "307") or _REDIRECTED in text:
        return StoreError(
            f"the bucket '{bucket}' is in another region ({details or 'it redirects'}).",
            fix="Set AWS_REGION to the bucket's region.",
        )
    if status == "403" or isinstance(error, PermissionDeniedError):
        return StoreError(
            f"{server} denies access to '{address}' ({details or 'AccessDenied'}).",
            allowed=_RIGHTS,
            fix="Grant them on the bucket, or use other credentials.",
        )
    if status.startswith("5") and status != "501":
        return StoreError(
            f"{server} fails at '{address}' after several retries ({details}).",
            fix="Run again later; no partly written version is visible.",
        )
    if not status and _SILENT.search(text):
        return StoreError(
            f"{server} does not answer, so '{address}' cannot be reached.",
            fix=f"Check that it runs and can be reached; {_endpoint_hint()}",
        )
    return StoreError(
        f"{server} failed a request for '{address}' ({details or type(error).__name__}).",
        fix="Check that it supports S3 with conditional writes (If-None-Match).",
    )


def _server() -> str:
    """Returns the name of the server for messages, without credentials in its URL."""
    parts = urlsplit(s3_endpoint())
    port = f":{parts.port}" if parts.port else ""
    return f"S3 at '{parts.scheme}://{parts.hostname}{port}'" if parts.hostname else "S3"


def _endpoint_hint() -> str:
    return f"the endpoint comes from {ENDPOINT_VARIABLES[0]} or {ENDPOINT_VARIABLES[1]}."


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
