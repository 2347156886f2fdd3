"""The Spark engine: runs kernels in Spark's Python workers, with rows as opaque payloads.

`map_splits` is one Spark job. Each task reads its splits. Spilled rows stay on the disks of the
executors, and small payloads (aggregates, add actions) go to the driver. `map_buckets` shuffles
the spilled rows by bucket once. The JVM moves bytes and computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import polars as pl
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.storagelevel import StorageLevel

from plait.engine.engine import (
    BUCKET,
    BucketKernel,
    MergeFunction,
    ProgressCallback,
    RowKernel,
    SplitReader,
    SplitT,
)
from plait.engine.partial_aggregates import PartialAggregates
from plait.engine.spark.payload import (
    PARTIAL_AGGREGATE,
    PAYLOAD_SCHEMA,
    SPILL_COUNT,
    SPILLED_ROWS,
    TASK_ERROR,
    WRITTEN_FILES,
    Payload,
)
from plait.engine.spark.spark_job_monitor import SparkJobMonitor
from plait.engine.spark.spark_session import open_spark_session
from plait.engine.spark.spark_spill import SharedFrame, SparkSpill
from plait.engine.spark.spark_tasks import BucketTask, ReduceTask, SplitTask, pack_side_input
from plait.store.delta_tables import TableWriter

ArrowMapper = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_TASKS_PER_CORE = 32  # at most; if there are more splits, a task reads several
_MAX_UNREDUCED_TASKS = 64  # with more tasks, executors merge partials first
_SESSION_SETTINGS = {
    # A payload may be 20 MB, and a batch of them must stay far below Arrow's 2 GB.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    # The buckets have the right size; Spark must not coalesce or split the partitions.
    "spark.sql.adaptive.enabled": "false",
}


@contextmanager
def open_spark_engine(master: str | None = None) -> Iterator[SparkEngine]:
    """Yields an engine on the active session, or on a new one."""
    with open_spark_session(master) as session:
        yield SparkEngine(session)


class SparkEngine:
    """Runs kernels on a Spark cluster.

    Args:
        session: the Spark session. Its settings are not changed.
        parallelism: the number of tasks that run at a time; default: Spark's default parallelism.
    """

    def __init__(self, session: SparkSession, parallelism: int | None = None) -> None:
        self._spark = self.spark = session.newSession()
        for name, value in _SESSION_SETTINGS.items():
            self._spark.conf.set(name, value)
        self.parallelism = parallelism or max(session.sparkContext.defaultParallelism, 2)

    def spill(self, buckets: int) -> SparkSpill:
        """Returns an empty spill of at least `buckets`, and of at least one bucket per core."""
        while buckets < self.parallelism:
            buckets *= 2
        return SparkSpill(self._spark, buckets)

    def map_splits(
        self,
        splits: Iterable[SplitT],
        reader: SplitReader[SplitT],
        kernel: RowKernel[SplitT],
        *,
        spills: Mapping[str, SparkSpill],
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; see Engine.map_splits."""
        given = list(splits)
        if not given:
            return {}
        tasks = min(len(given), self.parallelism * _TASKS_PER_CORE)
        shares = [given[task::tasks] for task in range(tasks)]
        with SparkJobMonitor(self._spark.sparkContext, advance) as watch:
            work = SplitTask(
                shares, reader, kernel, watch.task_sinks(frozenset(spills), tables, merges)
            )
            made = _map_in_arrow(self._spark.range(0, tasks, 1, tasks), work)
            if spills:
                made = made.persist(StorageLevel.DISK_ONLY)
            small = self._collect(made, tasks, merges)
        _add_to_spills(spills, made, small)
        return _collect_results(small, tables, merges)

    def map_buckets(
        self,
        spill: SparkSpill,
        kernel: BucketKernel,
        *,
        side_input: pl.DataFrame | None = None,
        spills: Mapping[str, SparkSpill] | None = None,
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        columns: Sequence[str] | None = None,
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket with rows; see Engine.map_buckets."""
        if not spill.rows:
            return {}
        side_payloads = [] if side_input is None else pack_side_input(side_input)
        empty = pl.DataFrame() if side_input is None else side_input.drop(BUCKET).clear()
        with SparkJobMonitor(self._spark.sparkContext, advance) as watch:
            sinks = watch.task_sinks(frozenset(spills or ()), tables, merges)
            work = BucketTask(kernel, empty, columns, sinks)
            made = _map_in_arrow(spill.shuffle(side_payloads), work)
            if spills:
                made = self._forget_plan(made).persist(StorageLevel.DISK_ONLY)
            small = self._collect(made, spill.buckets, merges)
        _add_to_spills(spills or {}, made, small)
        return _collect_results(small, tables, merges)

    def _forget_plan(self, made: DataFrame) -> DataFrame:
        """Returns `made` as a frame whose plan is one leaf.

        If passes spill for one another, each plan has those of all passes before it, and of
        several more than once. Planning would take longer with each pass. The lineage stays, so
        what an executor loses is still computed again.
        """
        rows, schema = made._jdf.javaRDD(), made._jdf.schema()
        return DataFrame(self._spark._jsparkSession.createDataFrame(rows, schema), self._spark)

    def _collect(
        self, made: DataFrame, tasks: int, merges: Mapping[str, MergeFunction]
    ) -> list[Payload]:
        """Returns all payloads of `made` except the spilled rows."""
        small = made.filter(f.col("kind") != SPILLED_ROWS)
        if tasks > _MAX_UNREDUCED_TASKS:
            few = math.isqrt(tasks)
            task = f.pmod(f.col("bucket"), f.lit(few)).cast("int")
            small = _map_in_arrow(small.repartitionById(few, task), ReduceTask(dict(merges)))
        return [Payload(r.kind, r.name, r.bucket, r.rows, bytes(r.body)) for r in small.collect()]


def _map_in_arrow(rows: DataFrame, work: ArrowMapper) -> DataFrame:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return work(batches)

    return rows.mapInArrow(run, PAYLOAD_SCHEMA)


def _add_to_spills(
    spills: Mapping[str, SparkSpill], made: DataFrame, small: Sequence[Payload]
) -> None:
    """Adds the spilled rows of the persisted frame `made` to the spills that they are for."""
    shared = SharedFrame(made)
    for spill in set(spills.values()):
        names = [name for name, at in spills.items() if at is spill]
        rows = sum(p.rows for p in small if p.kind == SPILL_COUNT and p.name in names)
        spill.add(shared, names, rows)


def _collect_results(
    small: Sequence[Payload], tables: Mapping[str, TableWriter], merges: Mapping[str, MergeFunction]
) -> dict[str, pl.DataFrame]:
    """Adds the written files to their tables; returns the merged aggregates."""
    aggregates = PartialAggregates(merges)
    for payload in small:
        if payload.kind == TASK_ERROR:
            raise payload.unpickle()
        if payload.kind == WRITTEN_FILES:
            tables[payload.name].add_files(payload.unpickle(), payload.rows)
        elif payload.kind == PARTIAL_AGGREGATE:
            aggregates.add({payload.name: payload.frame()})
    return aggregates.finish()
