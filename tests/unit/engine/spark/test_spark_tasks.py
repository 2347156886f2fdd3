"""What runs in Spark's workers, run here: no JVM is needed to see what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from plait.contracts.table_schema import TableSchema, column
from plait.engine.engine import BUCKET, Frames
from plait.engine.spark.payload import (  # fmt: skip
    PARTIAL_AGGREGATE,
    SIDE_INPUT,
    SPILL_COUNT,
    SPILLED_ROWS,
    TASK_ERROR,
    WRITTEN_FILES,
    Payload,
    from_batches,
    pack_frame,
    to_batches,
)
from plait.engine.spark.spark_tasks import (
    REPARTITIONED,
    BucketTask,
    ReduceTask,
    RepartitionTask,
    SplitTask,
    TaskSinks,
    concat_payloads,
    pack_side_input,
)
from plait.errors import UnreadableFile
from plait.store.delta_tables import TableWriter, scan_table
from plait.store.location import open_location

TABLE = TableSchema("rows", "a value", pa.schema([column("value", pa.int64(), "a number")]))


def _total(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col("n").sum())


def _read(split: int) -> Iterator[pl.DataFrame]:
    for part in range(3):
        yield pl.DataFrame({"value": range(part * 10, part * 10 + 10)})


def _kernel(split: int, rows: pl.DataFrame) -> Frames:
    spread = rows.with_columns((pl.col("value") % 4).alias(BUCKET), pl.col("value") + split * 100)
    return {"rows": spread, "out": rows, "n": pl.DataFrame({"n": [rows.height]})}


class Driver:
    """Stands in for the driver: hears of rows and faults, and owns a table."""

    def __init__(self, folder: Path) -> None:
        self.writer = TableWriter(open_location(folder), TABLE)
        self.location = open_location(folder)
        self.rows: list[int] = []
        self.faults: list[bytes] = []

    def sinks(self, *spills: str) -> TaskSinks:
        tables = {"out": self.writer.destination}
        return TaskSinks(
            frozenset(spills), tables, {"n": _total}, self.rows.append, self.faults.extend
        )


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path / "store")


def _numbers(*tasks: int) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pydict({"id": list(tasks)})]


def _run(work: Any, payloads: list[Payload]) -> list[Payload]:
    return list(from_batches(work(to_batches(payloads))))


def test_a_share_of_the_splits_becomes_payloads(driver: Driver) -> None:
    work = SplitTask([[0, 2], [1]], _read, _kernel, driver.sinks("rows"))
    made = list(from_batches(work(_numbers(0))))
    spills = [p for p in made if p.kind == SPILLED_ROWS]
    assert sorted({p.bucket for p in spills}) == [0, 1, 2, 3]
    assert all((p.frame()["value"] % 100 % 4 == p.bucket).all() for p in spills)
    assert sum(p.rows for p in spills) == 60
    (tally,) = [p for p in made if p.kind == SPILL_COUNT]
    assert (tally.name, tally.rows) == ("rows", 60)
    (partial,) = [p for p in made if p.kind == PARTIAL_AGGREGATE]
    assert (partial.name, partial.frame()["n"].item()) == ("n", 60)
    (parts,) = [p for p in made if p.kind == WRITTEN_FILES]
    assert (parts.name, parts.rows) == ("out", 60)
    assert sum(driver.rows) == 60


def test_only_parts_that_came_back_are_in_the_table(driver: Driver) -> None:
    work = SplitTask([[0]], _read, _kernel, driver.sinks("rows"))
    list(work(_numbers(0)))  # an attempt whose answer was lost
    for payload in from_batches(work(_numbers(0))):
        if payload.kind == WRITTEN_FILES:
            driver.writer.add_files(payload.unpickle(), payload.rows)
    assert len(list((Path(driver.location.uri) / "tables" / "rows").iterdir())) == 2
    rows = scan_table(driver.location, TABLE, driver.writer.commit()).collect()
    assert rows["value"].sort().to_list() == list(range(30))
    assert driver.writer.rows == 30


def test_an_error_for_the_user_travels_whole(driver: Driver) -> None:
    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        raise UnreadableFile("'a.csv' is torn.", allowed="Whole ones.", fix="Copy it again.")

    work = SplitTask([[0]], _read, kernel, driver.sinks())
    (payload,) = from_batches(work(_numbers(0)))
    assert payload.kind == TASK_ERROR
    fault = payload.unpickle()
    assert isinstance(fault, UnreadableFile)
    assert (fault.seen, fault.fix) == ("'a.csv' is torn.", "Copy it again.")
    assert driver.faults == [payload.body]


def test_a_fault_of_ours_is_left_to_spark(driver: Driver) -> None:
    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="broken"):
        list(SplitTask([[0]], _read, kernel, driver.sinks())(_numbers(0)))


def _rows() -> list[Payload]:
    return [
        payload
        for bucket, values in ((1, [1, 5]), (2, [2]), (1, [9]))
        for payload in pack_frame(
            SPILLED_ROWS, "rows", bucket, pl.DataFrame({"value": values, "x": values})
        )
    ]


def test_a_bucket_is_seen_whole_with_what_lies_beside_it(driver: Driver) -> None:
    seen = {}

    def kernel(bucket: int, rows: pl.DataFrame, side_input: pl.DataFrame) -> Frames:
        assert rows.columns == ["value"]
        seen[bucket] = (sorted(rows["value"].to_list()), side_input["mark"].to_list())
        return {"out": rows, "n": pl.DataFrame({"n": [rows.height]})}

    near = pack_side_input(pl.DataFrame({"mark": [7, 8], BUCKET: [1, 3]}))
    assert {p.kind for p in near} == {SIDE_INPUT}
    nothing = pl.DataFrame({"mark": pl.Series([], dtype=pl.Int64)})
    made = _run(BucketTask(kernel, nothing, ["value"], driver.sinks()), [*near, *_rows()])
    assert seen == {1: ([1, 5, 9], [7]), 2: ([2], [])}
    assert {(p.bucket, p.rows) for p in made if p.kind == WRITTEN_FILES} == {(1, 3), (2, 1)}
    assert sum(p.frame()["n"].item() for p in made if p.kind == PARTIAL_AGGREGATE) == 4


def test_rows_are_copied_to_the_buckets_named() -> None:
    rows = pl.DataFrame({"account": ["ann", "bob", "ann"], "value": [1, 2, 3]})
    going = pack_side_input(pl.DataFrame({"account": ["ann"], BUCKET: [5], "target": [0]}))
    moved = _run(
        RepartitionTask(),
        [
            *pack_frame(SPILLED_ROWS, "rows", 5, rows),
            *pack_frame(SPILLED_ROWS, "rows", 6, rows),
            *going,
        ],
    )
    (payload,) = moved
    assert (payload.kind, payload.name, payload.bucket) == (SPILLED_ROWS, REPARTITIONED, 0)
    assert payload.frame().rows() == [("ann", 1), ("ann", 3)]


def test_partials_of_many_tasks_are_merged_and_the_rest_passes() -> None:
    partials = [
        p for n in range(9) for p in pack_frame(PARTIAL_AGGREGATE, "n", n, pl.DataFrame({"n": [n]}))
    ]
    other = next(pack_frame(SIDE_INPUT, "", 0, pl.DataFrame({"a": [1]})))
    made = _run(ReduceTask({"n": _total}), [*partials, other])
    assert sum(p.kind == PARTIAL_AGGREGATE for p in made) == 1
    assert other in made
    assert concat_payloads([p for p in made if p.kind == PARTIAL_AGGREGATE])["n"].item() == 36
