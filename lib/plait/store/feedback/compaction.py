"""Compacts many small objects of the feedback log into few parts.

A compaction may run at any time, and may be killed at any time:

1. Rows are read, and written as parts that no index names yet. So they are not visible.
2. An index, put if absent, names the parts and the objects that they replace. From then on, readers
   read the parts. If two compactions run at the same time, only one has an effect.
3. Replaced objects are removed an hour later. A reader that listed the log before the index may
   read them until then. After that, it finds their rows in the parts.

The name of a part contains the number of its index. So the parts of a killed compaction are
recognised by their names: once another index has that number, no index will name them.
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

MIN_OBJECTS = 32  # compact a folder only if it has this many new objects
FULL_PART_ROWS = 500_000  # a part with this many rows is never rewritten
FAN_IN = 8  # number of parts of similar size that are merged
READ_GRACE = timedelta(hours=1)
_READ_THREADS = 32  # objects read in parallel


def compact(
    store: Store, *, least: int = MIN_OBJECTS, merge: bool = True, grace: timedelta = READ_GRACE
) -> int:
    """Compacts the feedback log; returns by how many objects and parts it shrank.

    Args:
        store: the store.
        least: the minimum number of new objects in a folder; with fewer, they are not compacted.
        merge: also merge small parts; this needs memory for the rows of a full part.
        grace: how long replaced objects stay readable.

    Raises:
        StoreError: the store cannot be read or written. No row is lost.
    """
    return sum(_compact(store, folder, least, merge, grace) for folder in LOG_FOLDERS)


def find_obsolete(listing: LogListing, until: datetime) -> list[str]:
    """Returns the obsolete paths that can be removed: replaced before `until`, or never indexed."""
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
    pending = {p: moment for p, moment in listing.index.replaced.items() if p in there}
    replaced = pending | dict.fromkeys(moved, utc_now())
    try:
        index = CompactionIndex(number, kept | made, replaced, listing.index.emptied)
        write_index(store.objects, folder, index)
    except VersionExists:
        remove_objects(store.objects, list(made))
        return 0
    return len(moved) - len(made)


def _choose_inputs(listing: LogListing, least: int, merge: bool) -> list[list[str]]:
    """Returns the groups to compact: the new objects, and the parts of each similar size."""
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
    """Yields the rows of each new part, and the paths that they were read from."""
    frames: list[pl.DataFrame] = []
    members: list[str] = []
    height = 0
    for path, rows in _read(store, sources):
        frames.append(add_origin(rows, path))
        members.append(path)
        height += rows.height
        if height >= FULL_PART_ROWS:
            yield _concat_rows(frames), members
            frames, members, height = [], [], 0
    if len(members) > 1:
        yield _concat_rows(frames), members


def _read(store: Store, sources: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yields path and rows of the readable `sources`. It reads in parallel, because S3 is slow."""

    def read(path: str) -> pl.DataFrame | None:
        try:
            rows = read_rows(store.objects, path)
        except (UnreadableFile, FileNotFoundError):
            return None  # it stays in place, and the next fuse reports it
        return rows if rows.height else None

    left = iter(sources)
    with ThreadPoolExecutor(_READ_THREADS) as pool:
        while some := list(islice(left, _READ_THREADS)):
            for path, rows in zip(some, pool.map(read, some), strict=True):
                if rows is not None:
                    yield path, rows


def _concat_rows(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    # An older or newer plait may have written other columns. All of them are kept.
    return pl.concat(parts, how="diagonal_relaxed")
