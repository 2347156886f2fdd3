"""The last run that published nothing: its message, and the quarantine that it left."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from plait.contracts.store_tables import TABLES
from plait.errors import NothingFused
from plait.store.delta_tables import scan_table
from plait.store.store import Store
from plait.store.store_objects import read_object, write_object
from plait.store.table_files import data_file_paths

FAILED_RUNS = "failed_runs"
_LAST = f"{FAILED_RUNS}/last.json"


@dataclass(frozen=True)
class FailedRun:
    """A run that failed after it read its inputs.

    Attributes:
        after: the number of the current version at that time; 0 if there was none.
        message: the error of the run.
        tables: the Delta version of each table that can be looked at: quarantine.
        at: when it failed, ISO 8601, UTC.
    """

    after: int
    message: str
    tables: dict[str, int]
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def keep_failed_run(store: Store, run: FailedRun) -> None:
    """Keeps `run` as the last failed run of the store.

    Raises:
        StoreError: the store cannot be written.
    """
    write_object(store.objects, _LAST, json.dumps(asdict(run)).encode())


def last_failed_run(store: Store) -> FailedRun | None:
    """Returns the run that failed after the current version was published, if there is one."""
    try:
        record: dict[str, Any] = json.loads(read_object(store.objects, _LAST))
    except FileNotFoundError:
        return None
    run = FailedRun(**record)
    return run if run.after == current_number(store) else None


def current_number(store: Store) -> int:
    """Returns the number of the current version, or 0 if there is none."""
    try:
        return store.current().number
    except NothingFused:
        return 0


def scan_failed_run(store: Store, table: str, run: FailedRun) -> pl.LazyFrame:
    """Returns the rows of `table` that the failed run left."""
    return scan_table(store.location, TABLES[table], run.tables[table])


def objects_of_failed_run(store: Store) -> set[str]:
    """Returns the objects of the last failed run; none if a version was published after it."""
    run = last_failed_run(store)
    if run is None:
        return set()
    files = {
        file
        for name, version in run.tables.items()
        for file in data_file_paths(store.location, name, version)
    }
    return {_LAST, *files}
