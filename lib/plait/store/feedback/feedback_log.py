"""Writes the feedback log: Parquet objects in the store, each written once and synced."""

from __future__ import annotations

import io
import secrets
import time
from typing import Any

import polars as pl
from obstore.exceptions import AlreadyExistsError

from plait.contracts.event_rows import (
    FEEDBACK_CONSENTS,
    FEEDBACK_ERASURES,
    FEEDBACK_EVENTS,
    FEEDBACK_IMPRESSIONS,
    FEEDBACK_LINKS,
)
from plait.contracts.table_schema import conform_rows
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.log_paths import (
    CONSENTS_FOLDER,
    ERASURES_FOLDER,
    EVENTS_FOLDER,
    IMPRESSIONS_FOLDER,
    LINKS_FOLDER,
)
from plait.store.store_objects import read_object, sync_object, write_object

LOG_SCHEMAS: dict[str, dict[str, Any]] = {
    EVENTS_FOLDER: FEEDBACK_EVENTS,
    LINKS_FOLDER: FEEDBACK_LINKS,
    IMPRESSIONS_FOLDER: FEEDBACK_IMPRESSIONS,
    ERASURES_FOLDER: FEEDBACK_ERASURES,
    CONSENTS_FOLDER: FEEDBACK_CONSENTS,
}


class FeedbackLog:
    """Writes the events, links and impressions that the next fuse reads.

    Every method raises StoreError if the store cannot be written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, folder: str, rows: pl.DataFrame, name: str) -> None:
        """Writes rows of the schema of `folder` (see LOG_SCHEMAS) under `name`; idempotent."""
        self._put(f"{folder}/{name}.parquet", conform_rows(rows, LOG_SCHEMAS[folder]))

    def write_events(self, events: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_EVENTS rows under `name`; idempotent, as are the next two methods."""
        self.write(EVENTS_FOLDER, events, name)

    def write_links(self, links: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_LINKS rows under `name`."""
        self.write(LINKS_FOLDER, links, name)

    def write_impressions(self, rows: pl.DataFrame, name: str) -> None:
        """Writes FEEDBACK_IMPRESSIONS rows under `name`."""
        self.write(IMPRESSIONS_FOLDER, rows, name)

    def write_directly(self, rows: pl.DataFrame, folder: str = EVENTS_FOLDER) -> None:
        """Writes rows under a unique name: events when Valkey is down, or what has no stream."""
        now = time.time_ns() // 1_000_000
        self.write(folder, rows, f"direct_{now}_{secrets.token_hex(8)}")

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
