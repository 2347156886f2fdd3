"""The data files of a table: written before the commit, and read as of a version."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from plait.contracts.table_schema import TableSchema
from plait.errors import StoreError
from plait.store.delta_address import delta_address
from plait.store.location import Location
from plait.store.s3_settings import polars_options
from plait.store.safe_names import UnsafeName, check_path
from plait.store.storage_errors import translate_errors
from plait.store.store_objects import check_inside, write_object

DATA_FILE_PREFIX = "part"  # of the name of a data file
BUCKET_COLUMN = "bucket"  # the partition column of bucketed tables; data files do not contain it


def table_uri(location: Location, table: TableSchema) -> str:
    """Returns the address of `table`."""
    return location.at(f"tables/{table.name}")


def write_data_file(
    location: Location,
    table: TableSchema,
    df: pl.DataFrame,
    bucket: int | None = None,
    prefix: str = DATA_FILE_PREFIX,
) -> AddAction:
    """Writes `df` as a data file that is not committed; returns the action that adds it.

    Args:
        location: the location of the store.
        table: the schema of the table.
        df: the rows.
        bucket: the bucket of the rows, if the table is bucketed; else null.
        prefix: the begin of the file's name, by which a later run can tell files apart.

    Raises:
        StoreError: the disk is full or the store cannot be written.
    """
    if table.bucketed == (bucket is None):
        msg = f"'{table.name}' is written {'by' if table.bucketed else 'without a'} bucket"
        raise ValueError(msg)
    folder = "" if bucket is None else f"{BUCKET_COLUMN}={bucket:05d}/"
    name = f"{folder}{prefix}-{uuid.uuid4().hex}.parquet"
    body = io.BytesIO()
    # Level 1 takes less than half the time of level 3, and hashed ids get no larger.
    table.conform(df).write_parquet(body, compression="zstd", compression_level=1)
    write_object(location.objects, f"tables/{table.name}/{name}", body.getbuffer())
    return AddAction(
        path=name,
        size=body.getbuffer().nbytes,
        partition_values={} if bucket is None else {BUCKET_COLUMN: str(bucket)},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": df.height}),
    )


def list_data_files(
    location: Location, table: TableSchema, version: int | None = None
) -> list[AddAction]:
    """Returns the actions that added the files of `table` as of Delta `version` (or the head).

    Raises:
        StoreError: the table or that version of it cannot be read.
    """
    return _add_actions(_list_files(location, table.name, version))


def data_files_of(delta: DeltaTable) -> list[AddAction]:
    """Returns the actions that added the files of the open table `delta`."""
    return _add_actions(_files(delta))


def _add_actions(listed: pl.DataFrame) -> list[AddAction]:
    if f"partition.{BUCKET_COLUMN}" not in listed.columns:
        listed = listed.with_columns(pl.lit(None).alias(f"partition.{BUCKET_COLUMN}"))
    columns = (
        "path",
        "size_bytes",
        "modification_time",
        "num_records",
        f"partition.{BUCKET_COLUMN}",
    )
    return [
        AddAction(
            path=path,
            size=size,
            partition_values={} if bucket is None else {BUCKET_COLUMN: str(bucket)},
            modification_time=modified,
            data_change=True,
            stats=json.dumps({"numRecords": rows}),
        )
        for path, size, modified, rows, bucket in listed.select(columns).iter_rows()
    ]


def data_file_paths(location: Location, name: str, version: int) -> list[str]:
    """Returns the paths in the store of the files of table `name` as of Delta `version`.

    Raises:
        StoreError: the table or that version of it cannot be read.
    """
    return object_names(name, _list_files(location, name, version)["path"])


def data_file_sizes(location: Location, name: str, version: int) -> list[tuple[str, int]]:
    """Returns path in the store and bytes of the files of table `name` as of Delta `version`.

    Raises:
        StoreError: the table or that version of it cannot be read.
    """
    listed = _list_files(location, name, version)
    return list(zip(object_names(name, listed["path"]), listed["size_bytes"], strict=True))


def object_names(table: str, paths: Iterable[str]) -> list[str]:
    """Returns the names in the store of the data files at `paths` in the Delta log of `table`.

    Raises:
        StoreError: a path leads out of the table.
    """
    return [f"tables/{table}/{checked_data_file(table, unquote(path))}" for path in paths]


def checked_data_file(table: str, path: str) -> str:
    """Returns `path`, a data file in the Delta log of `table`, if it is inside the table.

    Raises:
        StoreError: the path leads out of the table.
    """
    try:
        return check_path(path)
    except UnsafeName as error:
        raise StoreError(
            f"the log of the table '{table}' names a data file, but {error}.",
            fix="Go back to an earlier version with `plait versions rollback`, or remove the "
            "table's folder and run `plait fuse --full`.",
        ) from None


def _list_files(location: Location, name: str, version: int | None) -> pl.DataFrame:
    """Returns one row per file of the table `name`, with Delta's column names."""
    with translate_errors(location.at(f"tables/{name}")), delta_address(location, name) as uri:
        return _files(DeltaTable(uri, version=version, storage_options=location.options))


def _files(delta: DeltaTable) -> pl.DataFrame:
    return pl.DataFrame(delta.get_add_actions(flatten=True))


def bucket_of_file(part: AddAction) -> int:
    """Returns the bucket of `part`, a file of a bucketed table."""
    return int(part.partition_values[BUCKET_COLUMN] or 0)


def remove_action(part: AddAction) -> RemoveAction:
    """Returns the action that removes `part` from the table; its file stays."""
    now = int(time.time() * 1000)
    return RemoveAction(part.path, True, now, part.size, dict(part.partition_values))


def scan_data_files(location: Location, table: TableSchema, paths: Sequence[str]) -> pl.LazyFrame:
    """Returns the rows in the files at `paths` (inside the table) with the table's columns.

    Columns that a file of the previous contract lacks are null.
    """
    if not paths:
        return table.empty().lazy()
    home = table_uri(location, table)
    for path in paths:
        checked_data_file(table.name, unquote(path))
        if location.is_local:
            check_inside(location.objects, f"tables/{table.name}/{path}")
    return pl.scan_parquet(
        [f"{home}/{path}" for path in paths],
        schema=table.polars,
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        glob=False,
        storage_options=polars_options(location.options),
    )
