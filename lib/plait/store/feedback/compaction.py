"""Many small objects of the feedback log become few parts, at any moment and however it ends.

1. Rows are read, and written as parts that no index names yet: nobody sees them.
2. One put-if-absent index names the parts and says what they replace: from here on, readers read
   the parts instead. Of two compactions at a time one has no effect.
3. What was replaced is removed an hour later: whoever looked before the index may read it until
   then, and finds the rows in the parts after that.
A part carries the number of its index, so that what a killed compaction left is known by name:
once that number is taken, nothing will ever name it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice

import polars as pl

from plait.errors import UnreadableFile, VersionExists
from plait.store.feedback.compaction_index import CompactionIndex, utc_now, write_index
from plait.store.feedback.log_listing import LogListing, list_log
from plait.store.feedback.log_part import add_origin, read_rows, write_rows
from plait.store.feedback.log_paths import LOG_FOLDERS, compaction_number, part_name
from plait.store.store import Store
from plait.store.store_objects import remove_objects, sync_object, write_object

MIN_OBJECTS = 32  # objects that are worth a part
FULL_PART_ROWS = 500_000  # rows of a part that is never written again
FAN_IN = 8  # parts of about one size that become one
READ_GRACE = timedelta(hours=1)
_READ_THREADS = 32  # objects read side by side


def compact(
    store: Store, *, least: int = MIN_OBJECTS, merge: bool = True, grace: timedelta = READ_GRACE
) -> int:
    """Compacts the feedback log; returns how many objects and parts became fewer.

    Args:
        store: the store.
        least: leave the objects of a folder alone if there are fewer.
        merge: make small parts larger, too; takes more memory (a full part's rows).
        grace: how long what was replaced can still be read.

    Raises:
        StoreError: the store cannot be read or written; nothing is lost.
    """
    return sum(_compact(store, folder, least, merge, grace) for folder in LOG_FOLDERS)


def find_obsolete(listing: LogListing, until: datetime) -> list[str]:
    """Returns what can be removed of what holds no rows: replaced before `until`, or nobody's."""
    index = listing.index
    return [
        path
        for path in listing.obsolete
        if index.replaced.get(path, until) <= until
        and (compaction_number(path) or 0) <= index.number
    ]


def _compact(store: Store, folder: str, least: int, merge: bool, grace: timedelta) -> int:
    listing = list_log(store, folder)
    if old := find_obsolete(listing, utc_now() - grace):
        remove_objects(store.objects, old)
    number = listing.index.number + 1
    made: dict[str, int] = {}
    moved: list[str] = []
    for sources in _choose_inputs(listing, least, merge):
        for rows, members in _batches(store, sources):
            path = part_name(folder, number, secrets.token_hex(8), members)
            write_object(store.objects, path, write_rows(rows))
            sync_object(store.objects, path)  # before an index names it
            made[path] = rows.height
            moved += members
    if not moved:
        return 0
    kept = {path: rows for path, rows in listing.index.parts.items() if path not in moved}
    there = set(listing.obsolete).difference(old)
    waiting = {p: moment for p, moment in listing.index.replaced.items() if p in there}
    replaced = waiting | dict.fromkeys(moved, utc_now())
    try:
        write_index(store.objects, folder, CompactionIndex(number, kept | made, replaced))
    except VersionExists:
        remove_objects(store.objects, list(made))
        return 0
    return len(moved) - len(made)


def _choose_inputs(listing: LogListing, least: int, merge: bool) -> list[list[str]]:
    """Returns the objects, and the parts of about one size, to put together."""
    fresh = [path for path in listing.paths if compaction_number(path) is None]
    tiers: dict[int, list[str]] = {}
    for path, rows in sorted(listing.index.parts.items()):
        if merge and rows < FULL_PART_ROWS and path in listing.paths:
            tiers.setdefault(_tier(rows), []).append(path)
    chosen = [fresh] if len(fresh) >= least else []
    return chosen + [paths for _, paths in sorted(tiers.items()) if len(paths) >= FAN_IN]


def _tier(rows: int) -> int:
    tier = 0
    while rows >= FAN_IN:
        rows, tier = rows // FAN_IN, tier + 1
    return tier


def _batches(store: Store, sources: Sequence[str]) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """Yields the rows of one part after the other, and what they were in."""
    held: list[pl.DataFrame] = []
    members: list[str] = []
    height = 0
    for path, rows in _read(store, sources):
        held.append(add_origin(rows, path))
        members.append(path)
        height += rows.height
        if height >= FULL_PART_ROWS:
            yield _concat_rows(held), members
            held, members, height = [], [], 0
    if len(members) > 1:
        yield _concat_rows(held), members


def _read(store: Store, sources: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yields what can be read of `sources`, many at a time: each takes a moment on S3."""

    def read(path: str) -> pl.DataFrame | None:
        try:
            rows = read_rows(store.objects, path)
        except (UnreadableFile, FileNotFoundError):
            return None  # it stays where it is, and the next fuse says so
        return rows if rows.height else None

    left = iter(sources)
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        while some := list(islice(left, _READ_THREADS)):
            for path, rows in zip(some, pool.map(read, some), strict=True):
                if rows is not None:
                    yield path, rows


def _concat_rows(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    # A plait of before or after this one may have written other columns: all are kept.
    return pl.concat(parts, how="diagonal_relaxed")
