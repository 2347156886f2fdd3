"""The local engine: Polars in one process. It holds only a few buckets in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import polars as pl

from plait.engine.engine import (
    BUCKET,
    BucketKernel,
    MergeFunction,
    ProgressCallback,
    RowKernel,
    SplitReader,
    SplitT,
)
from plait.engine.local.local_spill import LocalSpill
from plait.engine.partial_aggregates import PartialAggregates
from plait.engine.write_buffer import WriteBuffer
from plait.store.delta_tables import TableWriter
from plait.store.local_folders import scratch_folder

_MAX_THREADS = 4  # each holds a chunk or a bucket in memory


class LocalEngine:
    """Runs kernels in a few threads, because Polars releases the GIL while it computes.

    Args:
        scratch: the folder for spilled rows; default: a temporary folder of this user.
        threads: the number of kernels that run at a time; default: one per core, at most four.
    """

    def __init__(self, scratch: Path | None = None, threads: int | None = None) -> None:
        self.spark = None
        self.scratch = scratch or scratch_folder()
        self.threads = threads or min(len(os.sched_getaffinity(0)), _MAX_THREADS)

    def spill(self, buckets: int) -> LocalSpill:
        """Returns an empty spill."""
        return LocalSpill(self.scratch, buckets)

    def map_splits(
        self,
        splits: Iterable[SplitT],
        reader: SplitReader[SplitT],
        kernel: RowKernel[SplitT],
        *,
        spills: Mapping[str, LocalSpill],
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; see Engine.map_splits."""
        aggregates = PartialAggregates(merges)
        buffers = {name: WriteBuffer(writer.write) for name, writer in tables.items()}

        def work(split: SplitT, rows: pl.DataFrame) -> None:
            frames = kernel(split, rows)
            for name, frame in frames.items():
                if name in spills:
                    spills[name].write(frame)
                elif name in buffers:
                    buffers[name].write(frame)
                else:
                    aggregates.add({name: frame})
            if advance:
                advance(rows.height)

        self._run(
            (lambda split=split, rows=rows: work(split, rows))  # type: ignore[misc]
            for split in splits
            for rows in reader(split)
        )
        for buffer in buffers.values():
            buffer.close()
        return aggregates.finish()

    def map_buckets(
        self,
        spill: LocalSpill,
        kernel: BucketKernel,
        *,
        side_input: pl.DataFrame | None = None,
        spills: Mapping[str, LocalSpill] | None = None,
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        columns: Sequence[str] | None = None,
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket with rows; see Engine.map_buckets."""
        aggregates = PartialAggregates(merges)
        parts, empty = _partition_by_bucket(side_input)
        # A bucket sends rows to all buckets. Without a buffer they would be as many small files.
        buffers = {name: WriteBuffer(other.write) for name, other in (spills or {}).items()}

        def work(bucket: int) -> None:
            rows = spill.read(bucket, columns)
            if rows is None:
                return
            frames = kernel(bucket, rows, parts.get(bucket, empty))
            for name, frame in frames.items():
                if name in buffers:
                    buffers[name].write(frame)
                elif name in tables:
                    tables[name].write(frame, bucket)
                else:
                    aggregates.add({name: frame})
            if advance:
                advance(rows.height)

        self._run(
            (lambda bucket=bucket: work(bucket))  # type: ignore[misc]
            for bucket in range(spill.buckets)
        )
        for buffer in buffers.values():
            buffer.close()
        return aggregates.finish()

    def _run(self, jobs: Iterator[Callable[[], None]]) -> None:
        """Runs all jobs, `threads` at a time. The first error stops the rest and is raised."""
        running: set[Future[None]] = set()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for job in jobs:
                    running.add(pool.submit(job))
                    if len(running) >= self.threads:
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        for future in done:
                            future.result()
            finally:
                done, _ = wait(running)
            for future in done:
                future.result()


def _partition_by_bucket(
    side_input: pl.DataFrame | None,
) -> tuple[dict[int, pl.DataFrame], pl.DataFrame]:
    """Returns the rows of each bucket, and the empty frame for a bucket without rows."""
    if side_input is None:
        return {}, pl.DataFrame()
    parts = side_input.partition_by(BUCKET, as_dict=True, include_key=False)
    return {int(key[0]): part for key, part in parts.items()}, side_input.drop(BUCKET).clear()
