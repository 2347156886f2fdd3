"""The Spark engine: the same kernels in Spark's Python workers, rows as opaque payloads.

`spread` is one pass: every task reads its splits, and its payloads are kept on the executors'
disks while the small ones (aggregates, add actions) go to the driver. `gather` sends what was
kept, by bucket, through one shuffle. The JVM moves bytes and computes nothing.
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

from plait.engine.aggregate import PartialResults
from plait.engine.engine import BUCKET, Advance, BucketKernel, Merge, Reader, RowKernel, SplitT
from plait.engine.spark.job_watch import JobWatch
from plait.engine.spark.payload import ASIDE, FAULT, PARTIAL, PARTS, SCHEMA, TALLY, Payload
from plait.engine.spark.spark_session import spark_session
from plait.engine.spark.spark_spill import SparkSpill
from plait.engine.spark.spark_tasks import BucketTask, MergeTask, ShuffleTask, by_bucket
from plait.store.delta_tables import TableWriter

Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_TASKS_PER_CORE = 32  # at most; more splits than that share a task
_MANY = 64  # partials of more tasks are merged on the executors first
_SETTINGS = {
    # A payload may be 20 MB, and a batch of them must stay far below Arrow's 2 GB.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    # Buckets have the size they should have; nothing is to be joined or cut behind our back.
    "spark.sql.adaptive.enabled": "false",
}


@contextmanager
def spark_engine(master: str | None = None) -> Iterator[SparkEngine]:
    """Yields an engine on the session that is there, or on one started for it."""
    with spark_session(master) as session:
        yield SparkEngine(session)


class SparkEngine:
    """Runs kernels on a Spark cluster.

    Args:
        session: the session; its settings are left as they are.
        parallelism: tasks that run at a time; default: what Spark says.
    """

    def __init__(self, session: SparkSession, parallelism: int | None = None) -> None:
        self._spark = session.newSession()
        for name, value in _SETTINGS.items():
            self._spark.conf.set(name, value)
        self.parallelism = parallelism or max(session.sparkContext.defaultParallelism, 2)

    def spill(self, buckets: int) -> SparkSpill:
        """Returns an empty spill of at least `buckets`, so many that no core is without one."""
        while buckets < self.parallelism:
            buckets *= 2
        return SparkSpill(self._spark, buckets)

    def spread(
        self,
        splits: Iterable[SplitT],
        reader: Reader[SplitT],
        kernel: RowKernel[SplitT],
        *,
        aside: Mapping[str, SparkSpill],
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, Merge],
        advance: Advance | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; see Engine.spread."""
        given = list(splits)
        if not given:
            return {}
        tasks = min(len(given), self.parallelism * _TASKS_PER_CORE)
        shares = [given[task::tasks] for task in range(tasks)]
        with JobWatch(self._spark.sparkContext, advance) as watch:
            work = ShuffleTask(
                shares, reader, kernel, watch.sinks(frozenset(aside), tables, merges)
            )
            made = _map(self._spark.range(0, tasks, 1, tasks), work)
            if aside:
                made = made.persist(StorageLevel.DISK_ONLY)
            small = self._collect(made, tasks, merges)
        for spill in set(aside.values()):
            names = [name for name, at in aside.items() if at is spill]
            rows = sum(p.rows for p in small if p.kind == TALLY and p.name in names)
            spill.add(made, names, rows)
        return _returned(small, tables, merges)

    def gather(
        self,
        spill: SparkSpill,
        kernel: BucketKernel,
        *,
        beside: pl.DataFrame | None = None,
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, Merge],
        columns: Sequence[str] | None = None,
        advance: Advance | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket with rows; see Engine.gather."""
        if not spill.rows:
            return {}
        near = [] if beside is None else by_bucket(beside)
        nothing = pl.DataFrame() if beside is None else beside.drop(BUCKET).clear()
        with JobWatch(self._spark.sparkContext, advance) as watch:
            sinks = watch.sinks(frozenset(), tables, merges)
            work = BucketTask(kernel, nothing, columns, sinks)
            made = _map(spill.by_bucket(near), work)
            small = self._collect(made, spill.buckets, merges)
        return _returned(small, tables, merges)

    def _collect(self, made: DataFrame, tasks: int, merges: Mapping[str, Merge]) -> list[Payload]:
        """Returns all payloads of `made` but the rows set aside."""
        small = made.filter(f.col("kind") != ASIDE)
        if tasks > _MANY:
            few = math.isqrt(tasks)
            task = f.pmod(f.col("bucket"), f.lit(few)).cast("int")
            small = _map(small.repartitionById(few, task), MergeTask(dict(merges)))
        return [Payload(r.kind, r.name, r.bucket, r.rows, bytes(r.body)) for r in small.collect()]


def _map(rows: DataFrame, work: Work) -> DataFrame:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return work(batches)

    return rows.mapInArrow(run, SCHEMA)


def _returned(
    small: Sequence[Payload], tables: Mapping[str, TableWriter], merges: Mapping[str, Merge]
) -> dict[str, pl.DataFrame]:
    """Gives the parts that were written to their tables; returns the merged aggregates."""
    aggregates = PartialResults(merges)
    for payload in small:
        if payload.kind == FAULT:
            raise payload.thing()
        if payload.kind == PARTS:
            tables[payload.name].add(payload.thing(), payload.rows)
        elif payload.kind == PARTIAL:
            aggregates.add({payload.name: payload.frame()})
    return aggregates.finish()
