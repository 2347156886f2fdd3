"""What an engine does for the road, whatever runs underneath.

A *reader* yields the rows of one split of the input in chunks. A *row kernel* turns a chunk into
frames, row by row. A *bucket kernel* sees all rows of one bucket at once. Kernels are pure
functions over Polars frames that return named frames; they may run side by side, in any order.
A frame whose name has a sink is moved there (set aside by bucket, or written as a part of a
table); any other is a partial result of an *aggregate*: partials of one name are joined and
merged, and come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import polars as pl

BUCKET = "bucket"  # the column that says to which bucket a row goes, 0 to buckets - 1

Frames = Mapping[str, pl.DataFrame]
Split = TypeVar("Split")
Reader = Callable[[Split], Iterator[pl.DataFrame]]
RowKernel = Callable[[Split, pl.DataFrame], Frames]
BucketKernel = Callable[[int, pl.DataFrame], Frames]
Sink = Callable[[pl.DataFrame], None]  # may be called from several threads
# Joins partial results; must not depend on their order, nor on how often it was applied.
Merge = Callable[[pl.DataFrame], pl.DataFrame]


class Spill(Protocol):
    """Rows set aside by bucket."""

    buckets: int

    def write(self, rows: pl.DataFrame) -> None:
        """Adds `rows` to the buckets that their `bucket` column names."""
        ...

    def read(self, bucket: int, columns: Sequence[str] | None = None) -> pl.DataFrame | None:
        """Returns all rows of `bucket`, or null if it is empty."""
        ...


class Engine(Protocol):
    """Moves rows for kernels."""

    def spread(
        self,
        splits: Iterable[Split],
        reader: Reader[Split],
        kernel: RowKernel[Split],
        sinks: Mapping[str, Sink],
        merges: Mapping[str, Merge],
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; returns the merged aggregates."""
        ...

    def gather(
        self,
        spill: Spill,
        kernel: BucketKernel,
        sinks: Mapping[str, Sink],
        merges: Mapping[str, Merge],
        columns: Sequence[str] | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket; returns the merged aggregates.

        Only `columns` of the bucket are read, if given.
        """
        ...
