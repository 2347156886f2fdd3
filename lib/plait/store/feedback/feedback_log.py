"""Writes the feedback log: Parquet objects in the store, each written once and synced."""

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
        """Writes FEEDBACK_EVENTS rows under `name`; idempotent, as are the next two methods."""
        self._put(f"{EVENTS_FOLDER}/{name}.parquet", conform_rows(events, FEEDBACK_EVENTS))

    def write_links(self, links: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_LINKS rows under `name`."""
        self._put(f"{LINKS_FOLDER}/{name}.parquet", conform_rows(links, FEEDBACK_LINKS))

    def write_impressions(self, rows: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_IMPRESSIONS rows under `name`."""
        conformed = conform_rows(rows, FEEDBACK_IMPRESSIONS)
        self._put(f"{IMPRESSIONS_FOLDER}/{name}.parquet", conformed)

    def write_directly(self, events: pl.DataFrame) -> None:
        """Writes FEEDBACK_EVENTS rows under a unique name. Used when Valkey is down."""
        now = time.time_ns() // 1_000_000
        self.write_events(events, f"direct_{now}_{secrets.token_hex(8)}")

    def compact(self) -> int:
        """Compacts new objects into larger parts; returns by how many objects the log shrank.

        It does not merge small parts, because that needs memory that the endpoint lacks. A fuse
        merges them.

        Raises:
            StoreError: the store cannot be read or written. No row is lost.
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
            # A retry. The bodies differ only after a torn write (power loss before fsync).
            if read_object(objects, path) != body:
                write_object(objects, path, body)
        sync_object(objects, path)
