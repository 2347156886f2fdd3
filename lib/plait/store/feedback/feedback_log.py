"""The feedback log: Parquet objects in the store, each put once and on disk when put."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Mapping
from typing import Any

import polars as pl
from obstore.exceptions import AlreadyExistsError

from plait.contracts.event_rows import FEEDBACK_EVENTS, FEEDBACK_LINKS
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.log_paths import EVENTS_FOLDER, LINKS_FOLDER
from plait.store.store_objects import read_object, sync_object, write_object

__all__ = ["EVENTS_FOLDER", "LINKS_FOLDER", "FeedbackLog"]


class FeedbackLog:
    """Writes the events and links that the next fuse reads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write_events(self, events: pl.DataFrame, name: str) -> None:
        """Puts FEEDBACK rows under `name`; what stands there already is the same."""
        self._put(f"{EVENTS_FOLDER}/{name}.parquet", _conform(events, FEEDBACK_EVENTS))

    def write_links(self, links: pl.DataFrame, name: str) -> None:
        """Puts LINKS rows under `name`; what stands there already is the same."""
        self._put(f"{LINKS_FOLDER}/{name}.parquet", _conform(links, FEEDBACK_LINKS))

    def write_aside(self, events: pl.DataFrame) -> None:
        """Puts FEEDBACK rows under a name of their own: for when Valkey is down."""
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


def _conform(rows: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    return rows.select(
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )
