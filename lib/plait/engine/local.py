"""The local engine: Polars in one process, out of core by bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from plait.engine.aggregate import Aggregates
from plait.engine.base import BucketKernel, Frames, Merge, RowKernel, Sink, Spill, Split


class LocalEngine:
    """Runs kernels one after another; Polars itself uses all cores."""

    def spread(
        self,
        splits: Iterable[Split],
        kernel: RowKernel[Split],
        sinks: Mapping[str, Sink],
        merges: Mapping[str, Merge],
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every split; see Engine.spread."""
        aggregates = Aggregates(merges)
        for split in splits:
            for frames in kernel(split):
                _move(frames, sinks, aggregates)
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
        for bucket in range(spill.buckets):
            rows = spill.read(bucket, columns)
            if rows is not None:
                _move(kernel(bucket, rows), sinks, aggregates)
        return aggregates.finish()


def _move(frames: Frames, sinks: Mapping[str, Sink], aggregates: Aggregates) -> None:
    for name, sink in sinks.items():
        if name in frames:
            sink(frames[name])
    aggregates.add({name: frame for name, frame in frames.items() if name not in sinks})
