"""Rows spilled by bucket to the disks of Spark's executors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.storagelevel import StorageLevel

from plait.engine.engine import BUCKET
from plait.engine.spark.payload import PAYLOAD_SCHEMA, SPILLED_ROWS, TASK_ERROR, Payload, to_batches
from plait.engine.spark.spark_job_monitor import SparkJobMonitor
from plait.engine.spark.spark_tasks import REPARTITIONED, RepartitionTask, pack_side_input


class SharedFrame:
    """A persisted frame with the rows of several spills. It is removed when the last is closed."""

    def __init__(self, frame: DataFrame) -> None:
        self.frame = frame
        self._holders = 0

    def hold(self) -> None:
        """Keeps the frame until `release` is called as often as this."""
        self._holders += 1

    def release(self) -> None:
        """Removes the frame if nobody else holds it."""
        self._holders -= 1
        if not self._holders:
            self.frame.unpersist()


class SparkSpill:
    """Payloads in persisted frames. Spark computes the payloads of a lost executor again."""

    def __init__(self, session: SparkSession, buckets: int) -> None:
        self.buckets = buckets
        self.rows = 0
        self._spark = session
        self._parts: list[DataFrame] = []
        self._persisted: list[SharedFrame] = []

    def add(self, made: SharedFrame, names: Sequence[str], rows: int) -> None:
        """Adds the payloads named `names` of the persisted frame `made`, `rows` rows in all."""
        made.hold()
        self._persisted.append(made)
        if rows:
            here = (f.col("kind") == SPILLED_ROWS) & f.col("name").isin(list(names))
            # A partition that is computed again may fail. Then the shuffle must receive the error.
            self._parts.append(made.frame.filter(here | (f.col("kind") == TASK_ERROR)))
            self.rows += rows

    def shuffle(self, side_input: Sequence[Payload] = ()) -> DataFrame:
        """Returns all payloads and those of `side_input`, in one partition per bucket."""
        rows = self._parts[0]
        for part in [*self._parts[1:], *self._side_frames(side_input)]:
            rows = rows.unionAll(part)
        return rows.repartitionById(self.buckets, f.col("bucket").cast("int"))

    def repartition(self, moving: pl.DataFrame) -> None:
        """Copies rows to other buckets; see Spill.repartition."""
        if not self.rows or not moving.height:
            return
        going = pack_side_input(moving.select("account", BUCKET, "target"))
        with SparkJobMonitor(self._spark.sparkContext, None):
            moved = self.shuffle(going).mapInArrow(_repartition, PAYLOAD_SCHEMA)
            moved = moved.persist(StorageLevel.DISK_ONLY)
            rows = moved.agg(f.sum("rows")).collect()[0][0] or 0
        self.add(SharedFrame(moved), [REPARTITIONED], int(rows))

    def close(self) -> None:
        """Removes all spilled rows."""
        for made in self._persisted:
            made.release()
        self._persisted, self._parts, self.rows = [], [], 0

    def _side_frames(self, payloads: Sequence[Payload]) -> list[DataFrame]:
        """Returns a list of one frame with the driver's `payloads`, or of none without payloads."""
        if not payloads:
            return []
        return [self._spark.createDataFrame(pa.Table.from_batches(to_batches(payloads)))]


def _repartition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return RepartitionTask()(batches)
