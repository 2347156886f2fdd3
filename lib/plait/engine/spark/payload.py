"""Payloads: frames as opaque bytes, which neither the JVM nor pandas parses.

A payload is a Parquet file in memory. It takes a third of the size of Arrow IPC, because repeated
names are dictionary-encoded, and it is as fast. Spark moves a few rows of bytes instead of
millions of rows of columns, and converts no types.
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
_MAX_ROWS = 100_000  # rows of a payload: a few megabytes
_BATCH_BYTES = 4 * 2**20  # bytes handed to Spark at a time

# The kinds of payloads.
SPILLED_ROWS = "spill"  # spilled rows of one bucket
SIDE_INPUT = "side_input"  # side input of one bucket
PARTIAL_AGGREGATE = "partial"  # a partial aggregate; `bucket` is the number of the task
WRITTEN_FILES = "parts"  # the Delta add actions of the files that a task wrote
SPILL_COUNT = "spill_count"  # the number of rows that a task spilled; no body
TASK_ERROR = "fault"  # the error that a task raised


class Payload(NamedTuple):
    """One Spark row: the kind of payload, its frame name and bucket, and the bytes."""

    kind: str
    name: str
    bucket: int
    rows: int
    body: bytes

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Returns the packed frame, or only `columns` of it."""
        return pl.read_parquet(io.BytesIO(self.body), columns=list(columns) if columns else None)

    def unpickle(self) -> Any:
        """Returns the packed object."""
        return pickle.loads(self.body)


def pack_frame(kind: str, name: str, bucket: int, frame: pl.DataFrame) -> Iterator[Payload]:
    """Yields `frame` in payloads of bounded size. An empty frame is one payload."""
    for rows in frame.iter_slices(_MAX_ROWS) if frame.height else [frame]:
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd", compression_level=1, statistics=False)
        yield Payload(kind, name, bucket, rows.height, body.getvalue())


def pack_object(kind: str, name: str, bucket: int, rows: int, thing: object) -> Payload:
    """Returns a payload that holds a small object."""
    return Payload(kind, name, bucket, rows, pickle.dumps(thing))


def to_batches(payloads: Iterable[Payload]) -> Iterator[pa.RecordBatch]:
    """Yields the payloads as Arrow batches of a few megabytes."""
    pending: list[Payload] = []
    size = 0
    for payload in payloads:
        pending.append(payload)
        size += len(payload.body)
        if size >= _BATCH_BYTES:
            yield _record_batch(pending)
            pending, size = [], 0
    if pending:
        yield _record_batch(pending)


def _record_batch(payloads: list[Payload]) -> pa.RecordBatch:
    columns = zip(*payloads, strict=True)
    arrays = [
        pa.array(column, kind) for column, kind in zip(columns, _ARROW_SCHEMA.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW_SCHEMA)


def from_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[Payload]:
    """Yields the payloads in `batches`."""
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield Payload(*row)
