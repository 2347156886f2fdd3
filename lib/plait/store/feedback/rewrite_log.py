"""Rewrites the feedback log without some of its rows, as a compaction whose parts lack them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection

import polars as pl

from plait.errors import UnreadableFile, VersionExists
from plait.store.feedback.compaction_index import CompactionIndex, utc_now, write_index
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_part import add_origin, origins_of, read_rows, write_rows
from plait.store.feedback.log_paths import part_name
from plait.store.store import Store
from plait.store.store_objects import remove_objects, sync_object, write_object

_ATTEMPTS = 5  # a compaction that runs at the same time may publish its index first


def rewrite_log(
    store: Store,
    folder: str,
    keep: Callable[[pl.DataFrame], pl.DataFrame],
    known: Collection[str] = (),
) -> int:
    """Replaces each object and part of `folder` from which `keep` takes something.

    What was replaced stays readable until a compaction or `plait gc` removes it. Readers are told
    which rows they have read already, as after a compaction.

    Args:
        store: the store.
        folder: the folder of the log.
        keep: returns the rows to keep, changed or not; the rows have columns of their origin too.
        known: objects and parts that need not be looked at.

    Returns:
        The number of replaced objects and parts.

    Raises:
        StoreError: the store cannot be read or written. No row is lost.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _rewrite(store, folder, keep, known)
        except VersionExists:
            continue
    return _rewrite(store, folder, keep, known)


def _rewrite(
    store: Store, folder: str, keep: Callable[[pl.DataFrame], pl.DataFrame], known: Collection[str]
) -> int:
    listing = list_log(store, folder)
    index, number = listing.index, listing.index.number + 1
    made: dict[str, int] = {}
    moved: list[str] = []
    emptied: set[str] = set(index.emptied)
    for path in listing.paths:
        if path in known:
            continue
        try:
            rows = add_origin(read_rows(store.objects, path), path)
        except (UnreadableFile, FileNotFoundError):
            continue  # the fuse reports it
        kept = keep(rows)
        if kept.equals(rows):
            continue
        moved.append(path)
        emptied |= origins_of(rows) - origins_of(kept)
        if kept.height:
            part = part_name(folder, number, secrets.token_hex(8), [path])
            write_object(store.objects, part, write_rows(kept))
            sync_object(store.objects, part)  # before an index names it
            made[part] = kept.height
        else:
            emptied.add(path)
    if not moved:
        return 0
    parts = {path: rows for path, rows in index.parts.items() if path not in moved}
    replaced = dict(index.replaced) | dict.fromkeys(moved, utc_now())
    try:
        write_index(
            store.objects,
            folder,
            CompactionIndex(number, parts | made, replaced, tuple(sorted(emptied))),
        )
    except VersionExists:
        remove_objects(store.objects, list(made))
        raise
    return len(moved)
