"""The protocol of an engine, which runs the kernels of a fuse.

A *reader* yields the rows of one input split in chunks. A *row kernel* turns a chunk into named
frames, row by row. A *bucket kernel* processes all rows of one bucket at once. Kernels are pure
functions over Polars frames. They may run in parallel, in any order, in other processes, and
more than once.

The name of a frame decides where its rows go. They are *spilled* to the buckets of a spill,
written to a *table* of the new version, or treated as a partial result of an *aggregate*. The
engine concatenates and merges the partial results of one name, and returns the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import polars as pl

from plait.store.delta_tables import TableWriter

BUCKET = "bucket"  # the column with the bucket of a row, 0 to buckets - 1

Frames = Mapping[str, pl.DataFrame]
SplitT = TypeVar("SplitT")
SplitReader = Callable[[SplitT], Iterator[pl.DataFrame]]
RowKernel = Callable[[SplitT, pl.DataFrame], Frames]
# Takes the number of the bucket, its rows, and its part of the side input.
BucketKernel = Callable[[int, pl.DataFrame, pl.DataFrame], Frames]
# Merges partial results. The result must not depend on their order, or on how often it is applied.
MergeFunction = Callable[[pl.DataFrame], pl.DataFrame]
ProgressCallback = Callable[
    [int], None
]  # called with the number of rows processed since the last call


class Spill(Protocol):
    """Rows spilled to disk, by bucket."""

    buckets: int
    rows: int

    def repartition(self, moving: pl.DataFrame) -> None:
        """Copies rows to other buckets. The rows also stay in their old buckets.

        Args:
            moving: account, bucket (where its rows are), target (the bucket to copy them to).
        """
        ...

    def close(self) -> None:
        """Removes all spilled rows."""
        ...


SpillT = TypeVar("SpillT", bound=Spill)


class Engine(Protocol[SpillT]):
    """Moves rows for kernels.

    Attributes:
        spark: the Spark session, for what runs on Spark by itself; null: the engine has none.
    """

    spark: Any

    def spill(self, buckets: int) -> SpillT:
        """Returns an empty spill."""
        ...

    def map_splits(
        self,
        splits: Iterable[SplitT],
        reader: SplitReader[SplitT],
        kernel: RowKernel[SplitT],
        *,
        spills: Mapping[str, SpillT],
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a row kernel over every chunk of every split; returns the merged aggregates.

        Args:
            splits: the input splits.
            reader: yields the chunks of a split.
            kernel: turns a chunk into named frames.
            spills: the spill for the rows of each frame to spill, by name.
            tables: the table writer of each frame to write, by name.
            merges: the merge function of each other frame, by name.
            advance: the progress callback.
        """
        ...

    def map_buckets(
        self,
        spill: SpillT,
        kernel: BucketKernel,
        *,
        side_input: pl.DataFrame | None = None,
        spills: Mapping[str, SpillT] | None = None,
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        columns: Sequence[str] | None = None,
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket with rows; returns the merged aggregates.

        Args:
            spill: the spilled rows.
            kernel: turns the rows of a bucket into named frames.
            side_input: additional rows with a column `bucket`. The kernel gets those of its
                bucket.
            spills: the spill for the rows of each frame to spill, by name; none is the spill
                that is read. Their rows name their bucket.
            tables: the table writer of each frame to write, by name.
            merges: the merge function of each other frame, by name.
            columns: the columns of the spilled rows to read; default: all.
            advance: the progress callback.
        """
        ...
