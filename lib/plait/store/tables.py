"""Delta tables: files are written aside, one commit makes them all visible."""

from __future__ import annotations

import io
import json
import time
import uuid
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from plait.contracts.table import Table
from plait.store.fault import reaching
from plait.store.location import Location
from plait.store.objects import list_objects, write_object
from plait.store.s3 import scan_options

# A store version names an old Delta version: its log entry must outlive Delta's own 30 days.
KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)
# Left alone, Delta puts a commit on top of another's that it did not see, and mixes their rows.
ON_TOP = CommitProperties(max_commit_retries=0)
_TRIES = 10  # commits that another writer's may come before


class TableWriter:
    """Writes the next version of one table; nothing is seen before `commit`."""

    def __init__(self, location: Location, table: Table) -> None:
        self._location, self._table = location, table
        self._parts: list[AddAction] = []
        self.rows = 0

    def write(self, df: pl.DataFrame, bucket: int | None = None) -> None:
        """Writes `df`, all of one bucket or of none, as one more Parquet file of the version."""
        if not df.height:
            return
        self._parts.append(write_part(self._location, self._table, df))
        self.rows += df.height

    def commit(self) -> int:
        """Replaces the table's rows by what was written; returns its Delta version.

        Raises:
            StoreError: the store cannot be written.
        """
        with reaching(table_uri(self._location, self._table)):
            for _ in range(_TRIES - 1):
                try:
                    return self._commit()
                except DeltaError:  # another writer's commit came between a look and ours
                    continue
            return self._commit()

    def _commit(self) -> int:
        uri, options = table_uri(self._location, self._table), self._location.options
        schema = Schema.from_arrow(self._table.schema)
        if not list_objects(self._location.objects, f"tables/{self._table.name}/_delta_log"):
            create_table_with_add_actions(
                uri,
                schema,
                self._parts,
                mode="error",
                storage_options=options,
                commit_properties=ON_TOP,
                post_commithook_properties=KEEP_LOG,
            )
            return 0
        table = DeltaTable(uri, storage_options=options)
        seen = table.version()
        paths = table.get_add_actions(flatten=True).column("path").to_pylist()
        if paths and set(paths) == {part.path for part in self._parts}:
            return seen  # ours: the answer to it was lost
        table.create_write_transaction(
            list(self._parts),
            mode="overwrite",
            schema=schema,
            commit_properties=ON_TOP,
            post_commithook_properties=KEEP_LOG,
        )
        return seen + 1


def write_part(location: Location, table: Table, df: pl.DataFrame) -> AddAction:
    """Writes `df` aside under the table's contract; returns the action that would add it.

    Raises:
        StoreError: the disk is full or the store cannot be written.
    """
    name = f"part-{uuid.uuid4().hex}.parquet"
    body = io.BytesIO()
    # Level 1 takes less than half the time of 3 and leaves hashed ids no larger.
    table.conform(df).write_parquet(body, compression="zstd", compression_level=1)
    write_object(location.objects, f"tables/{table.name}/{name}", body.getbuffer())
    return AddAction(
        path=name,
        size=body.getbuffer().nbytes,
        partition_values={},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": df.height}),
    )


def scan_table(location: Location, table: Table, version: int) -> pl.LazyFrame:
    """Returns the rows of `table` as of Delta `version`.

    Columns are read by name: one that a file of an older contract lacks is null.

    Raises:
        StoreError: the table cannot be read.
    """
    files = table_files(location, table.name, version)
    if not files:
        return table.empty().lazy()
    return pl.scan_parquet(
        [location.at(file) for file in files],
        schema=table.polars,
        missing_columns="insert",
        extra_columns="ignore",
        storage_options=scan_options(location.options),
    )


def table_files(location: Location, name: str, version: int) -> list[str]:
    """Returns the files of the table `name` as of Delta `version`, from the root of the store.

    Raises:
        StoreError: the table or that version of it cannot be read.
    """
    home = f"tables/{name}"
    with reaching(location.at(home)):
        table = DeltaTable(location.at(home), version=version, storage_options=location.options)
        paths = table.get_add_actions(flatten=True).column("path").to_pylist()
    return [f"{home}/{unquote(str(path))}" for path in paths]


def table_uri(location: Location, table: Table) -> str:
    """Returns where `table` lies."""
    return location.at(f"tables/{table.name}")
