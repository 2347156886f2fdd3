"""What an engine does for a fuse, whatever runs underneath.

A *reader* yields the rows of one split of the input in chunks. A *row kernel* turns a chunk into
frames, row by row. A *bucket kernel* sees all rows of one bucket at once. Kernels are pure
functions over Polars frames that return named frames; they may run side by side, in any order,
in other processes, and more than once.
A frame is *spilled* (its rows go to the buckets of a spill), part of a *table* of the coming
version, or else a partial result of an *aggregate*: partials of one name are joined and merged,
and come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import polars as pl

from plait.store.delta_tables import TableWriter

BUCKET = "bucket"  # the column that says to which bucket a row goes, 0 to buckets - 1

Frames = Mapping[str, pl.DataFrame]
SplitT = TypeVar("SplitT")
SplitReader = Callable[[SplitT], Iterator[pl.DataFrame]]
RowKernel = Callable[[SplitT, pl.DataFrame], Frames]
# Takes the bucket's number, its rows, and the bucket's part of the side input.
BucketKernel = Callable[[int, pl.DataFrame, pl.DataFrame], Frames]
# Joins partial results; must not depend on their order, nor on how often it was applied.
MergeFunction = Callable[[pl.DataFrame], pl.DataFrame]
ProgressCallback = Callable[[int], None]  # told how many more rows are done


class Spill(Protocol):
    """Rows spilled to disk, by bucket."""

    buckets: int
    rows: int

    def repartition(self, moving: pl.DataFrame) -> None:
        """Copies rows to other buckets; they stay where they were, too.

        Args:
            moving: account, bucket (where its rows lie), target (where they go).
        """
        ...

    def close(self) -> None:
        """Removes all spilled rows."""
        ...


SpillT = TypeVar("SpillT", bound=Spill)


class Engine(Protocol[SpillT]):
    """Moves rows for kernels."""

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
        """Runs a row kernel over every chunk of every split; returns the merged aggregates."""
        ...

    def map_buckets(
        self,
        spill: SpillT,
        kernel: BucketKernel,
        *,
        side_input: pl.DataFrame | None = None,
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
        columns: Sequence[str] | None = None,
        advance: ProgressCallback | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Runs a bucket kernel over every bucket with rows; returns the merged aggregates.

        Args:
            spill: the rows.
            kernel: what is done to a bucket.
            side_input: more rows with a `bucket`, given to the kernel a bucket at a time.
            tables: where named frames are written, each a part of the bucket.
            merges: how the other frames are merged.
            columns: read only these of the rows.
            advance: told about progress.
        """
        ...
