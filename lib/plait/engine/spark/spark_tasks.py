"""Tasks of Spark's Python workers: each runs a kernel on its input and returns payloads.

Spark may run a task twice, for example after the loss of a machine. This is safe: a file of a
table counts only if its add action reaches the driver, and only one attempt's actions do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import polars as pl
import pyarrow as pa
from deltalake.transaction import AddAction

from plait.contracts.table_schema import TableSchema
from plait.engine.engine import (
    BUCKET,
    BucketKernel,
    Frames,
    MergeFunction,
    ProgressCallback,
    RowKernel,
    SplitReader,
    SplitT,
)
from plait.engine.partial_aggregates import PartialAggregates
from plait.engine.spark.payload import (
    PARTIAL_AGGREGATE,
    SIDE_INPUT,
    SPILL_COUNT,
    SPILLED_ROWS,
    TASK_ERROR,
    WRITTEN_FILES,
    Payload,
    from_batches,
    pack_frame,
    pack_object,
    to_batches,
)
from plait.engine.write_buffer import WriteBuffer
from plait.errors import PlaitError
from plait.store.location import Location
from plait.store.table_files import write_data_file

REPARTITIONED = "moved"  # the frame name of rows that were copied to another bucket

TableTarget = tuple[Location, TableSchema]


@dataclass(frozen=True)
class TaskSinks:
    """The sinks for the frames of a task, and its callbacks.

    Attributes:
        spills: the names of the frames whose rows are spilled.
        tables: the location and schema of each table to write, by frame name.
        merges: the merge function of each other frame, by name.
        advance: the progress callback.
        report_error: called with a list of one pickled error if the task fails.
    """

    spills: frozenset[str]
    tables: Mapping[str, TableTarget]
    merges: Mapping[str, MergeFunction]
    advance: ProgressCallback
    report_error: Any


class TaskOutput:
    """Turns the frames of one task into payloads, and writes those of tables."""

    def __init__(self, task: int, sinks: TaskSinks) -> None:
        self._task, self._sinks = task, sinks
        self._ready: list[Payload] = []
        self._spilled_rows: dict[str, int] = defaultdict(int)
        self._aggregates = PartialAggregates(sinks.merges)
        self._parts: dict[str, list[AddAction]] = defaultdict(list)
        self._rows: dict[str, int] = defaultdict(int)
        self._buffers: dict[str, WriteBuffer] = {}

    def add(self, frames: Frames) -> Iterator[Payload]:
        """Adds the frames that a kernel returned; yields the payloads that are complete."""
        for name, frame in frames.items():
            if name in self._sinks.spills or name in self._sinks.tables:
                self._buffer(name).write(frame)
            else:
                self._aggregates.add({name: frame})
        yield from self._drain()

    def finish(self) -> Iterator[Payload]:
        """Yields the remaining payloads."""
        for buffer in self._buffers.values():
            buffer.close()
        yield from self._drain()
        for name, parts in self._parts.items():
            yield pack_object(WRITTEN_FILES, name, self._task, self._rows[name], parts)
        for name, rows in self._spilled_rows.items():
            yield pack_object(SPILL_COUNT, name, self._task, rows, None)
        for name, frame in self._aggregates.finish().items():
            yield from pack_frame(PARTIAL_AGGREGATE, name, self._task, frame)

    def _drain(self) -> Iterator[Payload]:
        yield from self._ready
        self._ready.clear()

    def _buffer(self, name: str) -> WriteBuffer:
        if name not in self._buffers:
            sink = self._spill if name in self._sinks.spills else self._write
            self._buffers[name] = WriteBuffer(lambda rows: sink(name, rows))
        return self._buffers[name]

    def _spill(self, name: str, rows: pl.DataFrame) -> None:
        self._spilled_rows[name] += rows.height
        for (bucket,), part in rows.partition_by(BUCKET, as_dict=True, include_key=False).items():
            self._ready += pack_frame(SPILLED_ROWS, name, int(bucket), part)

    def _write(self, name: str, rows: pl.DataFrame) -> None:
        location, table = self._sinks.tables[name]
        bucket = (
            self._task if table.bucketed else None
        )  # the task number of a `BucketTask` is its bucket
        self._parts[name].append(write_data_file(location, table, rows, bucket))
        self._rows[name] += rows.height


@dataclass(frozen=True)
class SplitTask(Generic[SplitT]):
    """Reads the splits of a task, and runs the row kernel over their chunks."""

    splits_by_task: Sequence[Sequence[SplitT]]
    reader: SplitReader[SplitT]
    kernel: RowKernel[SplitT]
    sinks: TaskSinks

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes batches of task numbers; yields batches of payloads."""
        for batch in batches:
            for task in batch.column(0).to_pylist():
                yield from to_batches(_capture_errors(self._run(task), self.sinks))

    def _run(self, task: int) -> Iterator[Payload]:
        output = TaskOutput(task, self.sinks)
        for split in self.splits_by_task[task]:
            for rows in self.reader(split):
                yield from output.add(self.kernel(split, rows))
                self.sinks.advance(rows.height)
        yield from output.finish()


@dataclass(frozen=True)
class BucketTask:
    """Runs the bucket kernel over all buckets of a task's partition."""

    kernel: BucketKernel
    empty_side_input: pl.DataFrame  # for a bucket without side input
    columns: Sequence[str] | None
    sinks: TaskSinks

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes batches of payloads; yields batches of payloads."""
        yield from to_batches(_capture_errors(self._run(batches), self.sinks))

    def _run(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Payload]:
        rows: dict[int, list[Payload]] = defaultdict(list)
        side_input: dict[int, list[Payload]] = defaultdict(list)
        for payload in from_batches(batches):
            if payload.kind == TASK_ERROR:
                raise payload.unpickle()
            (rows if payload.kind == SPILLED_ROWS else side_input)[payload.bucket].append(payload)
        for bucket in sorted(rows):
            output = TaskOutput(bucket, self.sinks)
            whole = concat_payloads(rows.pop(bucket), self.columns)
            side_rows = (
                concat_payloads(side_input.pop(bucket))
                if bucket in side_input
                else self.empty_side_input
            )
            yield from output.add(self.kernel(bucket, whole, side_rows))
            self.sinks.advance(whole.height)
            yield from output.finish()


class RepartitionTask:
    """Copies rows of the buckets of a task to other buckets; see Spill.repartition."""

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes batches of payloads; yields batches of payloads."""
        yield from to_batches(self._run(batches))

    def _run(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Payload]:
        rows: dict[int, list[Payload]] = defaultdict(list)
        going: dict[int, list[Payload]] = defaultdict(list)
        for payload in from_batches(batches):
            if payload.kind == TASK_ERROR:
                yield payload
                continue
            (rows if payload.kind == SPILLED_ROWS else going)[payload.bucket].append(payload)
        for bucket in sorted(set(rows) & set(going)):
            target = concat_payloads(going[bucket]).select("account", "target")
            moved = concat_payloads(rows.pop(bucket)).join(target, on="account")
            for (to,), part in moved.partition_by(
                "target", as_dict=True, include_key=False
            ).items():
                yield from pack_frame(SPILLED_ROWS, REPARTITIONED, int(to), part)


@dataclass(frozen=True)
class ReduceTask:
    """Merges the partial aggregates of several tasks; passes all other payloads on."""

    merges: Mapping[str, MergeFunction]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes batches of payloads; yields batches of payloads."""
        yield from to_batches(self._run(batches))

    def _run(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Payload]:
        aggregates = PartialAggregates(self.merges)
        for payload in from_batches(batches):
            if payload.kind == PARTIAL_AGGREGATE:
                aggregates.add({payload.name: payload.frame()})
            else:
                yield payload
        for name, frame in aggregates.finish().items():
            yield from pack_frame(PARTIAL_AGGREGATE, name, -1, frame)


def concat_payloads(
    payloads: Sequence[Payload], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Returns the rows of all `payloads`."""
    frames = [payload.frame(columns) for payload in payloads]
    return pl.concat([frame.select(frames[0].columns) for frame in frames])


def pack_side_input(frame: pl.DataFrame) -> list[Payload]:
    """Returns the rows of `frame` as side input of the buckets that its column `bucket` names."""
    parts = frame.partition_by(BUCKET, as_dict=True, include_key=False)
    return [
        payload
        for (bucket,), part in parts.items()
        for payload in pack_frame(SIDE_INPUT, "", int(bucket), part)
    ]


def _capture_errors(payloads: Iterator[Payload], sinks: TaskSinks) -> Iterator[Payload]:
    """Turns a PlaitError into a payload, because Spark would retry the task and hide the error."""
    try:
        yield from payloads
    except PlaitError as error:
        fault = pack_object(TASK_ERROR, "", 0, 0, error)
        sinks.report_error([fault.body])
        yield fault
