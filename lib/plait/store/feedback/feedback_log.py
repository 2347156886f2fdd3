"""The feedback log: Parquet objects in the store, each put once and on disk when put."""

from __future__ import annotations

import io
import secrets
import time

import polars as pl
from obstore.exceptions import AlreadyExistsError

from plait.contracts.event_rows import FEEDBACK_EVENTS, FEEDBACK_IMPRESSIONS, FEEDBACK_LINKS
from plait.contracts.table_schema import conform_rows
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.log_paths import EVENTS_FOLDER, IMPRESSIONS_FOLDER, LINKS_FOLDER
from plait.store.store_objects import read_object, sync_object, write_object


class FeedbackLog:
    """Writes the events, links and impressions that the next fuse reads.

    Every method raises StoreError if the store cannot be written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def write_events(self, events: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_EVENTS rows under `name`; idempotent, like the other two."""
        self._put(f"{EVENTS_FOLDER}/{name}.parquet", conform_rows(events, FEEDBACK_EVENTS))

    def write_links(self, links: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_LINKS rows under `name`."""
        self._put(f"{LINKS_FOLDER}/{name}.parquet", conform_rows(links, FEEDBACK_LINKS))

    def write_impressions(self, rows: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_IMPRESSIONS rows under `name`."""
        conformed = conform_rows(rows, FEEDBACK_IMPRESSIONS)
        self._put(f"{IMPRESSIONS_FOLDER}/{name}.parquet", conformed)

    def write_directly(self, events: pl.DataFrame) -> None:
        """Writes FEEDBACK_EVENTS rows under a unique name: used when Valkey is down."""
        now = time.time_ns() // 1_000_000
        self.write_events(events, f"direct_{now}_{secrets.token_hex(8)}")

    def compact(self) -> int:
        """Puts what was written here together in larger parts; returns how many became fewer.

        Small parts stay for a fuse to merge: that takes memory that an endpoint needs.

        Raises:
            StoreError: the store cannot be read or written; nothing is lost.
        """
        return compact(self._store, merge=False)

    def _put(self, path: str, rows: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="zstd")
        body = buffer.getvalue()
        objects = self._store.objects
        try:
            write_object(objects, path, body, new=True)
        except AlreadyExistsError:
            # A retry after a crash. Only a torn write (power loss before fsync) can differ.
            if read_object(objects, path) != body:
                write_object(objects, path, body)
        sync_object(objects, path)
