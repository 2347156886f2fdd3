"""The Spark engine moves every row once, whatever fails and however often it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyspark import TaskContext
from pyspark.sql import SparkSession

from plait.contracts.table_schema import TableSchema, column
from plait.engine.engine import BUCKET, Frames
from plait.engine.spark.spark_engine import SparkEngine
from plait.engine.spark.spark_spill import SparkSpill
from plait.errors import PlaitError, SparkFailed, UnknownColumn
from plait.store.delta_tables import TableWriter, scan_table
from plait.store.location import open_location

pytestmark = pytest.mark.slow
TABLE = TableSchema("rows", "a value", pa.schema([column("value", pa.int64(), "a number")]))


@pytest.fixture
def engine(spark: SparkSession) -> SparkEngine:
    return SparkEngine(spark)


# What travels to a worker must not name this module, which workers cannot import.
def _parts():  # type: ignore[no-untyped-def]
    def read(split: int) -> Iterator[pl.DataFrame]:
        for part in range(3):
            yield pl.DataFrame({"value": range(part * 10, part * 10 + 10)})

    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        value = pl.col("value") + split * 100
        spread = rows.select((pl.col("value") % 4).alias("bucket"), value)
        return {"rows": spread, "n": pl.DataFrame({"n": [rows.height]})}

    def total(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(pl.col("n").sum())

    return read, kernel, total


def _spread(engine: SparkEngine, spill: SparkSpill, splits: range, done: list[int]) -> int:
    read, kernel, total = _parts()
    made = engine.map_splits(
        splits, read, kernel,
        spills={"rows": spill}, tables={}, merges={"n": total}, advance=done.append,
    )  # fmt: skip
    return int(made["n"].item())


def _values(splits: range) -> list[int]:
    return sorted(v + 100 * s for s in splits for v in range(30))


def test_rows_are_spread_twice_and_gathered_by_bucket(engine: SparkEngine, tmp_path: Path) -> None:
    _, _, total = _parts()
    spill = engine.spill(4)
    writer = TableWriter(open_location(tmp_path), TABLE)
    done: list[int] = []
    assert _spread(engine, spill, range(3), done) == spill.rows == sum(done) == 90
    assert _spread(engine, spill, range(3, 5), done) == 60
    assert spill.rows == sum(done) == 150

    def kernel(bucket: int, rows: pl.DataFrame, side_input: pl.DataFrame) -> Frames:
        assert (rows["value"] % 100 % 4 == bucket).all()
        assert side_input["mark"].to_list() == ([bucket * 7] if bucket < 3 else [])
        return {"out": rows, "n": pl.DataFrame({"n": [rows.height]})}

    side_input = pl.DataFrame({"mark": [0, 7, 14], BUCKET: [0, 1, 2]})
    done.clear()
    counted = engine.map_buckets(
        spill, kernel, side_input=side_input, tables={"out": writer}, merges={"n": total},
        advance=done.append,
    )  # fmt: skip
    assert counted["n"].item() == sum(done) == 150
    rows = scan_table(open_location(tmp_path), TABLE, writer.commit()).collect()
    assert rows["value"].sort().to_list() == _values(range(5))
    spill.close()
    assert engine.map_buckets(spill, kernel, tables={}, merges={}) == {}


def test_partials_of_many_tasks_are_merged_on_the_executors(
    engine: SparkEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.engine.spark.spark_engine._MAX_UNREDUCED_TASKS", 3)
    assert _spread(engine, engine.spill(4), range(9), []) == 270


def test_rows_can_be_copied_to_another_bucket(engine: SparkEngine) -> None:
    def read(split: int) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"account": ["ann", "bob"], "bucket": [3, 1], "value": [1, 2]})

    spill = engine.spill(4)
    rows = {"rows": spill}
    engine.map_splits(range(2), read, lambda _, f: {"rows": f}, spills=rows, tables={}, merges={})
    spill.repartition(pl.DataFrame({"account": ["ann"], "bucket": [3], "target": [0]}))
    assert spill.rows == 6

    def kernel(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        return {"all": rows.with_columns(at=pl.lit(bucket))}

    found = engine.map_buckets(spill, kernel, tables={}, merges={"all": lambda frame: frame})["all"]
    lies = sorted(found.select("account", "at").rows())
    assert lies == [("ann", 0)] * 2 + [("ann", 3)] * 2 + [("bob", 1)] * 2


def test_a_pass_over_buckets_spills_for_the_next(engine: SparkEngine) -> None:
    read, kernel, total = _parts()
    first, odd, even = (engine.spill(4) for _ in range(3))
    engine.map_splits(
        range(5), read, kernel, spills={"rows": first}, tables={}, merges={"n": total}
    )

    def part(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        moved = rows.with_columns(((pl.col("value") // 100) % 4).alias("bucket"))
        is_odd = pl.col("value") % 2 == 1
        return {"odd": moved.filter(is_odd), "even": moved.filter(~is_odd)}

    engine.map_buckets(first, part, spills={"odd": odd, "even": even}, tables={}, merges={})
    assert (odd.rows, even.rows) == (75, 75)
    persisted = engine._spark.sparkContext._jsc.sc().getPersistentRDDs
    held = persisted().size()
    even.close()  # its rows are in one frame with those of `odd`, which stays
    assert persisted().size() == held

    def collect(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        return {"all": rows.with_columns(at=pl.lit(bucket))}

    found = engine.map_buckets(odd, collect, tables={}, merges={"all": lambda frame: frame})["all"]
    assert (found["value"] // 100 % 4 == found["at"]).all()
    assert sorted(found["value"]) == [value for value in _values(range(5)) if value % 2]
    odd.close()
    first.close()
    assert persisted().size() == held - 2


def test_a_task_that_ran_twice_counts_once(engine: SparkEngine, tmp_path: Path) -> None:
    read, _, total = _parts()
    writer = TableWriter(open_location(tmp_path), TABLE)

    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        first = rows["value"][0] == 0
        context = TaskContext.get()
        if not first and context is not None and context.attemptNumber() == 0:
            msg = "the machine was lost"
            raise OSError(msg)
        out = rows.select(pl.col("value") + split * 100)
        return {"out": pl.concat([out] * 50_000), "n": pl.DataFrame({"n": [1]})}

    made = engine.map_splits(
        range(2), read, kernel, spills={}, tables={"out": writer}, merges={"n": total}
    )
    assert made["n"].item() == 6
    folder = tmp_path / "tables" / "rows"
    written = len(list(folder.glob("part-*.parquet")))
    rows = scan_table(open_location(tmp_path), TABLE, writer.commit()).collect()
    assert rows.height == writer.rows == 2 * 30 * 50_000
    assert rows.unique().sort("value")["value"].to_list() == _values(range(2))
    assert written > rows.height // 500_000  # the first attempts had written, too


def test_an_error_for_the_user_comes_back_as_it_was_raised(engine: SparkEngine) -> None:
    read, _, _ = _parts()

    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        raise UnknownColumn("no column 'x'.", allowed="Columns: y.", fix="Set it to y.")

    with pytest.raises(UnknownColumn) as caught:
        engine.map_splits(range(3), read, kernel, spills={}, tables={}, merges={})
    assert str(caught.value) == "UnknownColumn: no column 'x'. Columns: y. Set it to y."


def test_any_other_error_is_said_in_a_sentence(engine: SparkEngine) -> None:
    read, _, _ = _parts()

    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(SparkFailed, match=r"a task failed \(ValueError: broken\)") as caught:
        engine.map_splits(range(3), read, kernel, spills={}, tables={}, merges={})
    assert isinstance(caught.value, PlaitError)
    assert "Traceback" not in str(caught.value)


def test_no_core_is_without_a_bucket(spark: SparkSession) -> None:
    assert SparkEngine(spark, parallelism=7).spill(1).buckets == 8
    assert SparkEngine(spark, parallelism=2).spill(64).buckets == 64
    assert (
        SparkEngine(spark).map_splits([], iter, lambda *_: {}, spills={}, tables={}, merges={})
        == {}
    )
