"""Reads the erasures in the feedback log."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from plait.contracts.event_rows import FEEDBACK_ERASURES
from plait.contracts.table_schema import conform_rows
from plait.store.feedback.log_listing import LogSlice, list_log, read_slice
from plait.store.feedback.log_paths import ERASURES_FOLDER
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def read_erasure_rows(store: Store, pieces: Sequence[LogSlice] | None = None) -> pl.DataFrame:
    """Returns the FEEDBACK_ERASURES rows in `pieces` of the log; default: all.

    Raises:
        StoreError: the store cannot be read.
    """
    if pieces is None:
        pieces = list_log(store, ERASURES_FOLDER).slices()
    parts = [
        conform_rows(rows, FEEDBACK_ERASURES) for one in pieces for rows in read_slice(store, one)
    ]
    return pl.concat([pl.DataFrame(schema=FEEDBACK_ERASURES), *parts])


def unread_erasure_rows(store: Store, version: StoreVersion | None) -> pl.DataFrame:
    """Returns the FEEDBACK_ERASURES rows that `version` has not read; all if it is null."""
    if version is None:
        return read_erasure_rows(store)
    read = {str(record.get("path", "")) for record in version.inputs if not record.get("setting")}
    return read_erasure_rows(store, list_log(store, ERASURES_FOLDER).unread(read))
