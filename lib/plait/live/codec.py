"""Packs a person's sequence into a record of a few hundred bytes to a few kilobytes, and back.

A record has three int64 (steps, total and the length of the event ids), then the columns one after
the other: time, order and strength (8 bytes per step), type (1 byte, see EVENT_TYPE_CODES), event
ids and item ids. Ids are text, one per line, as ids hold no control characters. An item id begins
with its platform.

The highest byte of `steps` is the version of this layout. In version 0 it was always 0, and the
types had the same codes. If you change the layout, increase CODEC_VERSION and still read the old
versions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.contracts.event_types import EVENT_TYPE_CODES

CODEC_VERSION = 1
RECORD_HEADER = struct.Struct("<qqq")
UNKNOWN_TYPE_CODE = 255  # the code for a type that this plait does not know
NULL_INT64 = np.iinfo(np.int64).min
_STEPS = (1 << 56) - 1


def pack_sequences(sequences: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    """Yields (person, record) for every SEQUENCES row with at least one step."""
    sequences = sequences.filter(pl.col("event_id").list.len() > 0)
    texts = sequences.select(
        "person",
        "total",
        pl.col("event_id").list.join("\n"),
        pl.col("item").list.join("\n"),
        pl.col("event_id").list.len().alias("steps"),
    )
    flat = sequences.select("time", "order", "strength", "type").explode(
        "time", "order", "strength", "type"
    )
    time = flat["time"].dt.epoch("us").fill_null(NULL_INT64).to_numpy()
    order = flat["order"].fill_null(NULL_INT64).to_numpy()
    strength = flat["strength"].to_numpy()
    kind = (
        flat["type"]
        .replace_strict(EVENT_TYPE_CODES, default=UNKNOWN_TYPE_CODE, return_dtype=pl.UInt8)
        .to_numpy()
    )
    at = 0
    for person, total, ids, items, steps in texts.iter_rows():
        span = slice(at, at + steps)
        at += steps
        text = ids.encode()
        yield (
            person,
            b"".join(
                (
                    RECORD_HEADER.pack(CODEC_VERSION << 56 | steps, total, len(text)),
                    time[span].tobytes(),
                    order[span].tobytes(),
                    strength[span].tobytes(),
                    kind[span].tobytes(),
                    text,
                    items.encode(),
                )
            ),
        )


def is_readable(record: bytes) -> bool:
    """Whether this plait knows the layout of `record`."""
    return record[7] <= CODEC_VERSION


@dataclass(frozen=True, eq=False)
class RecordColumns:
    """The N steps of R records, one record after the other.

    Attributes:
        lengths: steps of each record, int64 [R].
        totals: number of all events of each record's person, R of them.
        time: UTC microseconds, NULL_INT64 where unknown, int64 [N].
        order: position in the source's own order, NULL_INT64 for none, int64 [N].
        strength: -1 to 1, float64 [N].
        code: code of the event type, uint8 [N].
        id_lines: event ids, one per line, one text per record with steps.
        item_lines: item ids, in the same form.
    """

    lengths: np.ndarray
    totals: list[int]
    time: np.ndarray
    order: np.ndarray
    strength: np.ndarray
    code: np.ndarray
    id_lines: list[bytes]
    item_lines: list[bytes]

    @property
    def event_ids(self) -> list[str]:
        """The N event ids."""
        return _split_lines(self.id_lines)

    @property
    def items(self) -> list[str]:
        """The N item ids."""
        return _split_lines(self.item_lines)


def unpack_columns(records: Sequence[bytes]) -> RecordColumns:
    """Returns the columns of all records."""
    times, orders, strengths, kinds, ids, items = [], [], [], [], [], []
    steps, totals = [], []
    for record in records:
        count, total, width = RECORD_HEADER.unpack_from(record)
        count &= _STEPS
        steps.append(count)
        totals.append(total)
        if not count:
            continue
        a = RECORD_HEADER.size
        times.append(record[a : a + 8 * count])
        orders.append(record[a + 8 * count : a + 16 * count])
        strengths.append(record[a + 16 * count : a + 24 * count])
        kinds.append(record[a + 24 * count : a + 25 * count])
        ids.append(record[a + 25 * count : a + 25 * count + width])
        items.append(record[a + 25 * count + width :])
    return RecordColumns(
        np.array(steps, np.int64),
        totals,
        np.frombuffer(b"".join(times), np.int64),
        np.frombuffer(b"".join(orders), np.int64),
        np.frombuffer(b"".join(strengths), np.float64),
        np.frombuffer(b"".join(kinds), np.uint8),
        ids,
        items,
    )


def _split_lines(texts: list[bytes]) -> list[str]:
    return b"\n".join(texts).decode().split("\n") if texts else []
