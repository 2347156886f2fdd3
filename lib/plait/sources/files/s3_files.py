"""Files on S3: lists them by address or glob, and downloads them to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import PreconditionError

from plait.errors import StoreError
from plait.sources.files.hive_partitions import is_named_like_a_file
from plait.store.leased_folder import LeasedFolder
from plait.store.local_folders import scratch_folder
from plait.store.location import split_s3_address
from plait.store.s3_settings import open_bucket
from plait.store.storage_errors import translate_errors
from plait.store.store_objects import list_objects

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

_CHUNK_BYTES = 32 * 2**20  # bytes per request, which a slow connection still transfers in 30 s
_DELTA_LOG = "_delta_log"


@dataclass(frozen=True)
class RemoteFile:
    """One object: its address, and its version (size, modification time, etag)."""

    address: str  # s3://bucket/key
    bytes: int
    modified: float  # seconds since 1970
    etag: str


class ObjectChanged(Exception):
    """The object was changed or removed after it was found."""


@dataclass(frozen=True)
class S3Listing:
    """The objects that a pattern stands for, sorted by address, and the Delta tables around them.

    Attributes:
        files: the objects.
        tables: addresses of folders with a `_delta_log`, the innermost first.
    """

    files: list[RemoteFile]
    tables: list[str]


def list_s3_files(pattern: str, fix: str) -> S3Listing:
    """Returns the objects that `pattern` stands for.

    As in paths, * matches any text without a slash, and ** any text. If an object has exactly the
    pattern as its key, only that object is returned. If the pattern is a folder, or matches only
    folders, all objects in them are returned.

    Args:
        pattern: an s3:// address, or a glob of addresses.
        fix: the fix for the error message, if `pattern` is not an address.

    Raises:
        StoreError: `pattern` is not an S3 address, or the bucket cannot be listed.
    """
    bucket, key = split_s3_address(pattern, fix)
    objects = open_bucket(bucket)
    fixed = re.split(r"[*?[]", key)[0]
    # Listing works only by whole folders.
    folder = key if fixed == key else fixed.rpartition("/")[0]
    listed = list_objects(objects, folder)
    exact = _find_object(objects, key) if fixed == key else None
    found = [exact] if exact else _select(listed, key)
    files = [
        RemoteFile(
            f"s3://{bucket}/{meta['path']}",
            meta["size"],
            meta["last_modified"].timestamp(),
            meta["e_tag"] or "",
        )
        for meta in found
    ]
    logs = re.compile(rf"((?:.*/)?){_DELTA_LOG}/")
    tables = {match[1] for meta in listed if (match := logs.match(meta["path"]))}
    above = fixed.rpartition("/")[0].split("/") if files else []
    places = {"/".join([*above[:depth], ""]) for depth in range(1, len(above) + 1)} - {"/"}
    tables |= {at for at in places if _any_object(objects, at + _DELTA_LOG)}
    return S3Listing(
        sorted(files, key=lambda file: file.address),
        [f"s3://{bucket}/{at}".rstrip("/") for at in sorted(tables, key=len, reverse=True)],
    )


def _select(listed: list[ObjectMeta], key: str) -> list[ObjectMeta]:
    """Returns the objects for which `key` stands: an object, a folder, or a glob of either."""
    # A key that ends in a slash marks a folder. It is listed without the slash, and without bytes.
    folders = {str(at) for meta in listed for at in PurePosixPath(meta["path"]).parents}
    files = [meta for meta in listed if meta["size"] or meta["path"] not in folders]
    glob = _glob_to_regex(key)
    inside = re.compile(f"({glob.pattern})/.*", re.DOTALL)

    def is_part(path: str) -> bool:
        """Whether a file is in a folder with the name of a file that matches."""
        found = inside.fullmatch(path)
        return found is not None and is_named_like_a_file(found[1])

    return (
        [meta for meta in files if meta["path"] == key]
        or [meta for meta in files if meta["path"].startswith(f"{key}/" if key else "")]
        or [m for m in files if glob.fullmatch(m["path"]) or is_part(m["path"])]
        or [meta for meta in files if inside.fullmatch(meta["path"])]
    )


def _find_object(objects: S3Store, key: str) -> ObjectMeta | None:
    """Returns what is known of the object `key`; null if there is none."""
    try:
        with translate_errors(f"s3://{objects.config['bucket']}/{key}"):
            return obstore.head(objects, key) if key else None
    except FileNotFoundError:
        return None


def _any_object(objects: S3Store, folder: str) -> bool:
    """Whether there is an object in `folder`, by the first page of its listing."""
    with translate_errors(f"s3://{objects.config['bucket']}/{folder}"):
        return bool(next(iter(obstore.list(objects, folder, chunk_size=1)), []))


def list_siblings(pattern: str, fix: str) -> list[str]:
    """Returns the names of the objects in the folder of `pattern`, for messages."""
    bucket, key = split_s3_address(pattern, fix)
    folder = re.split(r"[*?[]", key)[0].rpartition("/")[0]
    found = list_objects(open_bucket(bucket), folder)[:10_000]
    return sorted(PurePosixPath(meta["path"]).name for meta in found)


def read_head(file: RemoteFile, size: int) -> bytes:
    """Returns the first `size` bytes of the object, or all bytes if there are fewer."""
    bucket, key = split_s3_address(file.address, "")
    with translate_errors(file.address):
        return bytes(
            obstore.get_range(open_bucket(bucket), key, start=0, end=min(size, file.bytes))
        )


def check_unchanged(file: RemoteFile) -> None:
    """Raises ObjectChanged if the object was written again or removed."""
    bucket, key = split_s3_address(file.address, "")
    try:
        with translate_errors(file.address):
            now = obstore.head(open_bucket(bucket), key)
    except FileNotFoundError:
        raise ObjectChanged from None
    if (now["e_tag"] or "", now["size"]) != (file.etag, file.bytes):
        raise ObjectChanged


@contextmanager
def local_copy(file: RemoteFile) -> Iterator[Path]:
    """Yields the path of a local copy, which is removed at the end.

    Raises:
        ObjectChanged: the object was written again or removed after it was found.
        StoreError: a request to S3 failed, or the disk cannot be written.
    """
    scratch = scratch_folder()
    try:
        lease = LeasedFolder(scratch)
    except OSError as error:
        raise _copy_failed(file, scratch, error) from None
    path = lease.folder / PurePosixPath(file.address).name
    try:
        _copy(file, path)
        yield path
    finally:
        lease.close()


def _copy(file: RemoteFile, path: Path) -> None:
    bucket, key = split_s3_address(file.address, "")
    objects = open_bucket(bucket)
    try:
        path.parent.mkdir(mode=0o700)
        with path.open("wb") as copy:
            for start in range(0, file.bytes, _CHUNK_BYTES):
                end = min(start + _CHUNK_BYTES, file.bytes)
                with translate_errors(file.address):
                    got = obstore.get(
                        objects, key, options={"range": (start, end), "if_match": file.etag or None}
                    )
                    piece = got.bytes()
                if (got.meta["e_tag"] or "") != file.etag:  # a server that ignores If-Match
                    raise ObjectChanged
                copy.write(piece)
    except (PreconditionError, FileNotFoundError):
        raise ObjectChanged from None
    except OSError as error:
        raise _copy_failed(file, path.parent, error) from None


def _copy_failed(file: RemoteFile, folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot copy '{file.address}' to '{folder}' ({error.strerror or error}).",
        fix="Free space there, or set TMPDIR to a larger disk.",
    )


def _glob_to_regex(key: str) -> re.Pattern[str]:
    """Returns a regular expression that matches the same keys as the glob `key`."""
    parts = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", key, flags=re.DOTALL):
        if token == "**/":
            parts.append("(?:[^/]+/)*")
        elif token == "**":
            parts.append(".*")
        elif token == "*":
            parts.append("[^/]*")
        elif token == "?":
            parts.append("[^/]")
        elif len(token) > 1:
            inside = re.sub(r"([\\[&~|])", r"\\\1", token[1:-1])
            parts.append("[" + re.sub("^!", "^", inside) + "]")
        else:
            parts.append(re.escape(token))
    return re.compile("".join(parts), re.DOTALL)
