"""The local engine moves every row once, whatever the number of threads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from plait.contracts.table_schema import TableSchema, column
from plait.engine.engine import BUCKET, Frames
from plait.engine.local.local_engine import LocalEngine
from plait.engine.local.local_spill import LocalSpill
from plait.engine.partial_aggregates import PartialAggregates
from plait.engine.write_buffer import WriteBuffer
from plait.errors import StoreError
from plait.store.delta_tables import TableWriter, scan_table
from plait.store.location import open_location


def _total(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col("n").sum())


def _read(split: int) -> Iterator[pl.DataFrame]:
    for part in range(3):
        yield pl.DataFrame({"value": range(part * 10, part * 10 + 10)})


def _kernel(split: int, rows: pl.DataFrame) -> Frames:
    spread = rows.with_columns(
        (pl.col("value") % 4).alias(BUCKET), pl.col("value") + split * 100
    )  # fmt: skip
    return {"rows": spread, "n": pl.DataFrame({"n": [rows.height]})}


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_are_spread_and_gathered_by_bucket(tmp_path: Path, threads: int) -> None:
    engine = LocalEngine(tmp_path / "scratch", threads)
    spill = engine.spill(4)
    table = TableSchema("rows", "a value", pa.schema([column("value", pa.int64(), "a number")]))
    writer = TableWriter(open_location(tmp_path / "store"), table)
    done: list[int] = []
    counted = engine.map_splits(
        range(5), _read, _kernel,
        spills={"rows": spill}, tables={}, merges={"n": _total}, advance=done.append,
    )  # fmt: skip
    assert counted["n"].item() == sum(done) == spill.rows == 150

    def bucket_kernel(bucket: int, rows: pl.DataFrame, side_input: pl.DataFrame) -> Frames:
        assert (rows["value"] % 100 % 4 == bucket).all()
        assert side_input["mark"].to_list() == ([bucket * 7] if bucket < 3 else [])
        return {"out": rows, "n": pl.DataFrame({"n": [rows.height]})}

    side_input = pl.DataFrame({"mark": [0, 7, 14], BUCKET: [0, 1, 2]})
    counted = engine.map_buckets(
        spill, bucket_kernel, side_input=side_input, tables={"out": writer}, merges={"n": _total}
    )
    assert counted["n"].item() == 150
    rows = scan_table(open_location(tmp_path / "store"), table, writer.commit()).collect()
    assert rows["value"].sort().to_list() == sorted(
        v + 100 * s for s in range(5) for v in range(30)
    )
    spill.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_pass_over_buckets_spills_for_the_next(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path, 2)
    first, odd, even = (engine.spill(4) for _ in range(3))
    engine.map_splits(
        range(5), _read, _kernel, spills={"rows": first}, tables={}, merges={"n": _total}
    )

    def part(bucket: int, rows: pl.DataFrame, _: pl.DataFrame) -> Frames:
        moved = rows.with_columns(((pl.col("value") // 100) % 4).alias(BUCKET))
        is_odd = pl.col("value") % 2 == 1
        return {"odd": moved.filter(is_odd), "even": moved.filter(~is_odd)}

    engine.map_buckets(first, part, spills={"odd": odd, "even": even}, tables={}, merges={})
    first.close()
    even.close()
    assert (odd.rows, even.rows) == (75, 75)
    held = odd.read(0)
    assert held is not None
    wanted = [v + 100 * s for s in (0, 4) for v in range(1, 30, 2)]
    assert sorted(held["value"]) == wanted
    odd.close()


def test_a_failing_kernel_stops_the_run_and_is_raised(tmp_path: Path) -> None:
    started = []

    def kernel(split: int, rows: pl.DataFrame) -> Frames:
        started.append(split)
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="broken"):
        LocalEngine(tmp_path, 2).map_splits(
            range(1000), _read, kernel, spills={}, tables={}, merges={}
        )
    assert len(started) < 100


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    spill = LocalSpill(tmp_path, 1)
    spill.write(pl.DataFrame({"a": [1], "b": [2], BUCKET: [0]}))
    found = spill.read(0, ["b"])
    assert found is not None
    assert found.columns == ["b"]
    assert LocalSpill(tmp_path, 2).read(1) is None


def test_rows_that_another_machine_cleared_away_are_missed(tmp_path: Path) -> None:
    """They must not look like a bucket without rows."""
    spill = LocalSpill(tmp_path, 1)
    spill.write(pl.DataFrame({"a": [1], BUCKET: [0]}))
    for left in tmp_path.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    with pytest.raises(StoreError, match="are missing"):
        spill.read(0)
    spill.close()


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot spill rows to"):
        LocalSpill(tmp_path / "file", 1).write(pl.DataFrame({"a": [1], BUCKET: [0]}))


def test_partials_are_merged_while_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.engine.partial_aggregates._MAX_PENDING_ROWS", 10)
    sizes = []

    def merge(frame: pl.DataFrame) -> pl.DataFrame:
        sizes.append(frame.height)
        return frame.group_by("k").agg(pl.col("n").sum()).select("n", "k")

    aggregates = PartialAggregates({"x": merge})
    for _ in range(100):
        aggregates.add({"x": pl.DataFrame({"k": [1, 2], "n": [1, 1]})})
    found = aggregates.finish()["x"].sort("k")
    assert found.columns == ["k", "n"]
    assert found.rows() == [(1, 100), (2, 100)]
    assert max(sizes) < 30


def test_small_frames_are_written_in_large_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.engine.write_buffer._PART_ROWS", 5)
    parts: list[pl.DataFrame] = []
    sink = WriteBuffer(parts.append)
    for n in range(7):
        sink.write(pl.DataFrame({"n": [n, n]}))
    sink.close()
    assert [part.height for part in parts] == [6, 6, 2]
    sink.close()
    assert len(parts) == 3
