"""Frames on their way through Spark: opaque bytes that neither the JVM nor pandas looks into.

A payload is a Parquet file in memory. Against Arrow's own format it is a third of the size (names
repeat, so dictionaries pay) and no slower; Spark then moves a few rows of bytes, not millions of
rows of columns, and no type is ever translated.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

PAYLOAD_SCHEMA = "kind string, name string, bucket long, rows long, body binary"
_ARROW_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.string()),
        ("bucket", pa.int64()),
        ("rows", pa.int64()),
        ("body", pa.binary()),
    ]
)
_MAX_ROWS = 100_000  # of a payload: a few megabytes
_BATCH_BYTES = 4 * 2**20  # bytes handed to Spark at a time

# What a payload holds.
SPILLED_ROWS = "spill"  # rows of a spill, of one bucket
SIDE_INPUT = "side_input"  # rows given to a kernel with those of a bucket
PARTIAL_AGGREGATE = "partial"  # a partial aggregate; its bucket is the number of the task
WRITTEN_FILES = "parts"  # what a task wrote of a table: Delta's add actions
SPILL_COUNT = "spill_count"  # no rows: how many rows a task spilled
TASK_ERROR = "fault"  # the error that ended a task


class Payload(NamedTuple):
    """One row of Spark's: what it holds, whose it is, and the bytes."""

    kind: str
    name: str
    bucket: int
    rows: int
    body: bytes

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Returns the rows that were packed, or only some of their columns."""
        return pl.read_parquet(io.BytesIO(self.body), columns=list(columns) if columns else None)

    def unpickle(self) -> Any:
        """Returns the object that was packed."""
        return pickle.loads(self.body)


def pack_frame(kind: str, name: str, bucket: int, frame: pl.DataFrame) -> Iterator[Payload]:
    """Yields `frame` in payloads of bounded size; one without rows is still one payload."""
    for rows in frame.iter_slices(_MAX_ROWS) if frame.height else [frame]:
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd", compression_level=1, statistics=False)
        yield Payload(kind, name, bucket, rows.height, body.getvalue())


def pack_object(kind: str, name: str, bucket: int, rows: int, thing: object) -> Payload:
    """Returns a payload that holds a small object."""
    return Payload(kind, name, bucket, rows, pickle.dumps(thing))


def to_batches(payloads: Iterable[Payload]) -> Iterator[pa.RecordBatch]:
    """Yields the payloads as Arrow batches of a few megabytes."""
    waiting: list[Payload] = []
    size = 0
    for payload in payloads:
        waiting.append(payload)
        size += len(payload.body)
        if size >= _BATCH_BYTES:
            yield _record_batch(waiting)
            waiting, size = [], 0
    if waiting:
        yield _record_batch(waiting)


def _record_batch(payloads: list[Payload]) -> pa.RecordBatch:
    columns = zip(*payloads, strict=True)
    arrays = [
        pa.array(column, kind) for column, kind in zip(columns, _ARROW_SCHEMA.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW_SCHEMA)


def from_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[Payload]:
    """Yields the payloads that lie in `batches`."""
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield Payload(*row)
