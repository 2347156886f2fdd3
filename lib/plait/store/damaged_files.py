"""Finds the data files of a version that are gone or can no longer be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polars.exceptions import PolarsError

from plait.contracts.store_tables import TABLES
from plait.errors import DamagedTable, NothingFused, PlaitError, StoreError
from plait.progress import track_progress
from plait.store.storage_errors import describe_unreadable, translate_s3_errors
from plait.store.store_objects import list_objects
from plait.store.table_files import data_file_sizes, scan_data_files

if TYPE_CHECKING:
    from plait.store.store import Store
    from plait.store.store_version import StoreVersion

# What a fuse takes over from the version before. It makes all other tables from the logs.
_TAKEN_OVER = frozenset({"accounts", "people", "person_changes"})


@dataclass(frozen=True)
class DamagedFile:
    """A data file of a table, by its path in the store, and what is wrong with it."""

    table: str
    path: str
    fault: str


def find_damaged_files(store: Store, version: StoreVersion) -> list[DamagedFile]:
    """Returns the data files of `version` that are gone or unreadable; reads all of them.

    Raises:
        StoreError: the store cannot be read, or the log of a table is damaged.
    """
    files = [
        (name, path, size)
        for name, delta in version.tables.items()
        for path, size in data_file_sizes(store.location, name, delta)
    ]
    there = {
        meta["path"]: meta["size"]
        for name in version.tables
        for meta in list_objects(store.objects, f"tables/{name}")
    }
    found = []
    with track_progress("verify", len(files), "files") as work:
        for name, path, size in files:
            fault = _find_fault(store, name, path, size, there.get(path))
            found += [DamagedFile(name, path, fault)] if fault else []
            work.advance(1)
    return found


def _find_fault(store: Store, table: str, path: str, size: int, held: int | None) -> str:
    """Returns what is wrong with a file; "" if nothing is."""
    if held is None:
        return "it is gone"
    if held != size:
        return f"it has {held:,} bytes instead of {size:,}"
    inner = path.removeprefix(f"tables/{table}/")
    with translate_s3_errors(store.uri):
        try:
            for _ in scan_data_files(store.location, TABLES[table], [inner]).collect_batches():
                pass
        except (PolarsError, OSError) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            return f"it cannot be read: {first[:200]}"
    return ""


@contextmanager
def name_damaged_files(store: Store) -> Iterator[None]:
    """Turns what fails in the block for a damaged file of the current version into DamagedTable.

    Other errors stay what they are. Files are looked at only after an error that may come of them,
    since all of them are read then.
    """
    try:
        yield
    except (PolarsError, OSError, StoreError) as error:
        may_be = isinstance(error, DamagedTable) or describe_unreadable(error)
        if not may_be or (damaged := _damage(store)) is None:
            raise
        raise damaged from None


def _damage(store: Store) -> DamagedTable | None:
    """Returns the error that names the damaged files of the current version, if it has any."""
    try:
        version = store.current()
        found = find_damaged_files(store, version)
    except (NothingFused, PlaitError):
        return None  # the error at hand says more
    return describe_damage(found, version) if found else None


def describe_damage(found: list[DamagedFile], version: StoreVersion) -> DamagedTable:
    """Returns the error that names damaged files of `version`, with the way out of it."""
    first, rest = found[0], len(found) - 1
    more = f" {rest} more: plait versions verify {version.number}." if rest else ""
    restore = "Restore the file from a backup of the store."
    if _TAKEN_OVER.isdisjoint(one.table for one in found):
        without = "If there is none, make the tables anew: plait fuse --full"
    else:
        without = (
            "If there is none, go back to a version that `plait versions verify N` calls whole, "
            "and fuse again: plait versions rollback N"
        )
    return DamagedTable(
        f"'{first.path}' of the table '{first.table}' in store version {version.number} is "
        f"damaged: {first.fault}.{more}",
        fix=f"{restore} {without}",
    )
