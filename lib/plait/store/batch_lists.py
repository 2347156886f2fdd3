"""Where batch lists were written, so that erased people can be taken out of them.

Each folder has a record under `lists/`. It names the folder, which may be outside the store.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import polars as pl

from plait.errors import PlaitError
from plait.store.erasures.receipt import utc_text
from plait.store.location import open_location
from plait.store.store import Store
from plait.store.store_objects import list_objects, read_object, write_object

_FOLDER = "lists"


@dataclass(frozen=True)
class BatchLists:
    """Batch lists in one folder.

    Attributes:
        folder: a path or an s3:// address.
        version: the store version of the people.
        written: when they were last written or cleaned, RFC 3339, UTC.
        fault: why erased people could not be taken out; '' if they were.
    """

    folder: str
    version: int
    written: str
    fault: str = ""


def record_lists(store: Store, folder: str, version: int) -> None:
    """Records that lists of the people of `version` are in `folder`.

    Raises:
        StoreError: the store cannot be written.
    """
    _write(store, BatchLists(folder, version, utc_text()))


def recorded_lists(store: Store) -> list[BatchLists]:
    """Returns the folders of batch lists.

    Raises:
        StoreError: the store cannot be read.
    """
    metas = sorted(list_objects(store.objects, _FOLDER), key=lambda meta: meta["path"])
    return [BatchLists(**json.loads(read_object(store.objects, meta["path"]))) for meta in metas]


def take_people_out(
    store: Store, is_erased: Callable[[pl.Series], pl.Series], version: int
) -> list[BatchLists]:
    """Removes the lists of erased people from all folders; returns the folders.

    A folder that cannot be read or written is recorded with the fault.

    Args:
        store: the store.
        is_erased: returns whether each person id is erased.
        version: the store version that has none of them.

    Raises:
        StoreError: the store cannot be read or written.
    """
    found = []
    for one in recorded_lists(store):
        if one.version >= version and not one.fault:
            found.append(one)
            continue
        try:
            _clean(one.folder, is_erased)
            cleaned = BatchLists(one.folder, version, utc_text())
        except (PlaitError, OSError, pl.exceptions.PolarsError) as error:
            cleaned = BatchLists(one.folder, one.version, one.written, str(error).splitlines()[0])
        _write(store, cleaned)
        found.append(cleaned)
    return found


def _clean(folder: str, is_erased: Callable[[pl.Series], pl.Series]) -> None:
    objects = open_location(folder).objects
    for meta in list_objects(objects, ""):
        name = meta["path"]
        if not (name.startswith("part-") and name.endswith(".parquet")):
            continue
        rows = pl.read_parquet(io.BytesIO(read_object(objects, name)))
        left = rows.filter(~is_erased(rows["person"]))
        if left.height < rows.height:
            body = io.BytesIO()
            left.write_parquet(body)
            write_object(objects, name, body.getbuffer())


def _write(store: Store, lists: BatchLists) -> None:
    name = hashlib.sha256(lists.folder.encode()).hexdigest()[:16]
    write_object(store.objects, f"{_FOLDER}/{name}.json", json.dumps(asdict(lists)).encode())
