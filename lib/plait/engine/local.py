"""The local engine: Polars in one process, out of core by bucket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import polars as pl

from plait.engine.aggregate import Aggregates
from plait.engine.base import BucketKernel, Frames, Merge, Reader, RowKernel, Sink, Spill, Split

_MOST_THREADS = 4  # each holds a chunk or a bucket in memory


class LocalEngine:
    """Runs kernels side by side in a few threads; Polars computes outside Python's lock."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or min(len(os.sched_getaffinity(0)), _MOST_THREADS)

    def spread(
        self,
        splits: Iterable[Split],
        reader: Reader[Split],
        kernel: RowKernel[Split],
        sinks: Mapping[str, Sink],
        merges: Mapping[str, Merge],
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; see Engine.spread."""
        aggregates = Aggregates(merges)

        def work(split: Split, rows: pl.DataFrame) -> None:
            _move(kernel(split, rows), sinks, aggregates)

        self._run(
            (lambda split=split, rows=rows: work(split, rows))  # type: ignore[misc]
            for split in splits
            for rows in reader(split)
        )
        return aggregates.finish()

    def gather(
        self,
        spill: Spill,
        kernel: BucketKernel,
        sinks: Mapping[str, Sink],
        merges: Mapping[str, Merge],
        columns: Sequence[str] | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket; see Engine.gather."""
        aggregates = Aggregates(merges)

        def work(bucket: int) -> None:
            rows = spill.read(bucket, columns)
            if rows is not None:
                _move(kernel(bucket, rows), sinks, aggregates)

        self._run(
            (lambda bucket=bucket: work(bucket))  # type: ignore[misc]
            for bucket in range(spill.buckets)
        )
        return aggregates.finish()

    def _run(self, jobs: Iterator[Callable[[], None]]) -> None:
        """Runs all jobs, `threads` at a time; the first failure stops the rest and is raised."""
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


def _move(frames: Frames, sinks: Mapping[str, Sink], aggregates: Aggregates) -> None:
    for name, sink in sinks.items():
        if name in frames:
            sink(frames[name])
    aggregates.add({name: frame for name, frame in frames.items() if name not in sinks})
