"""A commit says which parts are the table, whatever its newest Delta version holds."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

import plait.store.delta_tables
from plait.contracts.table_schema import TableSchema, column
from plait.store import Store
from plait.store.delta_tables import scan_table
from plait.store.table_files import (
    bucket_of_file,
    list_data_files,
    scan_data_files,
    table_uri,
    write_data_file,
)

_schema = pa.schema([column("n", pa.int64(), "a number")])
LAID = TableSchema("rows", "a number", _schema, bucketed=True)
FLAT = TableSchema("rows", "a number", _schema)


def _frame(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame({"n": numbers})


def _write(store: Store, *buckets: int, keep: int | None = None, table: TableSchema = LAID) -> int:
    """Commits a row for each of `buckets`; keeps the others of Delta version `keep`."""
    writer = store.writer(table)
    for bucket in buckets:
        writer.write(_frame(bucket), bucket)
    parts = [] if keep is None else list_data_files(store.location, table, keep)
    return writer.commit(p for p in parts if bucket_of_file(p) not in buckets)


def _paths(store: Store, version: int) -> dict[int, str]:
    return {bucket_of_file(p): p.path for p in list_data_files(store.location, LAID, version)}


def _rows(store: Store, version: int) -> list[int]:
    return sorted(scan_table(store.location, LAID, version).collect()["n"])


def test_a_bucket_is_replaced_alone_in_one_commit(store: Store) -> None:
    first = _write(store, 0, 1, 700)
    second = _write(store, 1, keep=first)
    assert second == first + 1
    before, after = _paths(store, first), _paths(store, second)
    assert {b for b in before if before[b] != after[b]} == {1}
    assert before[700].startswith("bucket=00700/part-")
    assert _rows(store, first) == _rows(store, second) == [0, 1, 700]


def test_what_nobody_published_is_taken_out_again(store: Store) -> None:
    first = _write(store, 0, 1, 2)
    _write(store, 0, 1)  # a run that was killed
    third = _write(store, 2, keep=first)
    before, after = _paths(store, first), _paths(store, third)
    assert [before[b] == after[b] for b in (0, 1, 2)] == [True, True, False]
    assert _rows(store, third) == [0, 1, 2]


def test_keeping_everything_is_no_commit(store: Store) -> None:
    first = _write(store, 0, 1)
    assert _write(store, keep=first) == first


def test_other_readers_see_the_bucket(store: Store) -> None:
    _write(store, 3)
    (row,) = pl.scan_delta(table_uri(store.location, LAID)).collect().to_dicts()
    assert row == {"n": 3, "bucket": 3}


def test_a_table_without_buckets_becomes_one_with(store: Store) -> None:
    old = _write(store, 7, 8, table=FLAT)
    new = _write(store, 1, 2)
    assert (_rows(store, old), _rows(store, new)) == ([7, 8], [1, 2])
    delta = DeltaTable(table_uri(store.location, LAID))
    assert (delta.version(), delta.metadata().partition_columns) == (new, ["bucket"])


def test_a_column_that_an_older_file_lacks_is_null(store: Store) -> None:
    part = write_data_file(store.location, FLAT, _frame(1))
    more = TableSchema(
        "rows", "a number", _schema.append(column("m", pa.string(), "more", null=True))
    )
    assert scan_data_files(store.location, more, [part.path]).collect().rows() == [(1, None)]


def test_two_writers_at_one_time_never_mix_their_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _write(store, 0, 1)
    look = plait.store.delta_tables.data_files_of

    def overtaken(*args: object) -> object:
        monkeypatch.setattr(plait.store.delta_tables, "data_files_of", look)
        _write(store, 1, keep=first)
        return look(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(plait.store.delta_tables, "data_files_of", overtaken)
    mine = _write(store, 0, keep=first)
    assert mine == first + 2
    kept, theirs, own = (
        {part.path for part in list_data_files(store.location, LAID, version)}
        for version in (first, first + 1, mine)
    )
    assert len(own - kept) == len(theirs - kept) == 1
    assert not (own - kept) & (theirs - kept)


def test_old_versions_stay_readable_whatever_delta_would_tidy_up(store: Store) -> None:
    """At every hundredth commit it writes a checkpoint and drops what is older than a month."""
    _write(store, 1)
    uri = table_uri(store.location, LAID)
    for _ in range(98):
        delta = DeltaTable(uri)
        delta.create_write_transaction([], "append", delta.schema(), ["bucket"])
    for file in Path(uri).glob("_delta_log/*"):
        os.utime(file, (1e9, 1e9))
    last = [_write(store, 1) for _ in range(3)][-1]
    assert last == 101
    assert list(Path(uri).glob("_delta_log/*.checkpoint.*"))
    assert all(_rows(store, version) == [1] for version in (0, 50, 99, last))


def test_rows_without_their_bucket_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="written by bucket"):
        write_data_file(store.location, LAID, _frame(1))
    with pytest.raises(ValueError, match="without a bucket"):
        write_data_file(store.location, FLAT, _frame(1), 3)
