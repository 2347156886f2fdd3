"""Delta tables: files are written aside, one commit makes them all visible."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions

from plait.contracts.table import Table
from plait.errors import StoreError


class TableWriter:
    """Writes the next version of one table; nothing is seen before `commit`."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._folder, self._table = folder, table
        self._parts: list[AddAction] = []
        self.rows = 0

    def write(self, df: pl.DataFrame) -> None:
        """Writes `df` as one more Parquet file of the coming version."""
        if not df.height:
            return
        self._parts.append(write_part(self._folder, self._table, df))
        self.rows += df.height

    def commit(self) -> int:
        """Replaces the table's rows by what was written; returns its Delta version."""
        uri, schema = str(self._folder), Schema.from_arrow(self._table.schema)
        if not DeltaTable.is_deltatable(uri):
            create_table_with_add_actions(uri, schema, self._parts, mode="error")
            return 0
        # Another writer may commit between ours and a look at the table: the mark finds our own.
        mark = uuid.uuid4().hex
        DeltaTable(uri).create_write_transaction(
            list(self._parts),
            mode="overwrite",
            schema=schema,
            commit_properties=CommitProperties(custom_metadata={"plait": mark}),
        )
        return next(int(c["version"]) for c in DeltaTable(uri).history() if c.get("plait") == mark)


def write_part(folder: Path, table: Table, df: pl.DataFrame) -> AddAction:
    """Writes `df` aside under the table's contract; returns the action that would add it.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    name = f"part-{uuid.uuid4().hex}.parquet"
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        table.conform(df).write_parquet(path, compression="zstd", compression_level=3)
        size = path.stat().st_size
    except OSError as error:
        raise StoreError(
            f"cannot write '{path}' ({error.strerror or error}).",
            fix="Free space or mend permissions, then run again; nothing half-written is visible.",
        ) from None
    return AddAction(
        path=name,
        size=size,
        partition_values={},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": df.height}),
    )


def scan_table(folder: Path, table: Table, version: int) -> pl.LazyFrame:
    """Returns the rows of `table` as of Delta `version`."""
    files = DeltaTable(str(folder), version=version).file_uris()
    if not files:
        return table.empty().lazy()
    return pl.scan_parquet(files, schema=table.polars)
