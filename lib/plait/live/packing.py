"""One person's sequence as a few hundred bytes to a few kilobytes, and back.

A record is: steps and total (int64), length of the ids (int64), then the columns one after
the other: time, order, strength (8 bytes a step), type (1 byte), event ids, item ids (text, one
a line: ids hold no control characters). The platform is what an item id starts with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from plait.contracts.vocabulary import EVENT_TYPES

VERSION = 1
HEAD = struct.Struct("<qqq")
NULL = np.iinfo(np.int64).min
_TYPES, _WORDS = pl.Enum(EVENT_TYPES), pl.Series(EVENT_TYPES, dtype=pl.String)
_US = pl.Datetime("us", "UTC")


def pack(sequences: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    """Yields person and record for every SEQUENCES row that has a step."""
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
    time = flat["time"].dt.epoch("us").fill_null(NULL).to_numpy()
    order = flat["order"].fill_null(NULL).to_numpy()
    strength = flat["strength"].to_numpy()
    kind = flat["type"].cast(_TYPES).to_physical().cast(pl.UInt8).to_numpy()
    at = 0
    for person, total, ids, items, steps in texts.iter_rows():
        span = slice(at, at + steps)
        at += steps
        text = ids.encode()
        yield (
            person,
            b"".join(
                (
                    HEAD.pack(steps, total, len(text)),
                    time[span].tobytes(),
                    order[span].tobytes(),
                    strength[span].tobytes(),
                    kind[span].tobytes(),
                    text,
                    items.encode(),
                )
            ),
        )


def unpack(records: Sequence[bytes]) -> tuple[pl.DataFrame, list[int]]:
    """Returns the steps of all records, `record` being a record's place, and their totals."""
    times, orders, strengths, kinds, ids, items = [], [], [], [], [], []
    steps, totals = [], []
    for record in records:
        count, total, width = HEAD.unpack_from(record)
        steps.append(count)
        totals.append(total)
        if not count:
            continue
        a = HEAD.size
        times.append(record[a : a + 8 * count])
        orders.append(record[a + 8 * count : a + 16 * count])
        strengths.append(record[a + 16 * count : a + 24 * count])
        kinds.append(record[a + 24 * count : a + 25 * count])
        ids.append(record[a + 25 * count : a + 25 * count + width])
        items.append(record[a + 25 * count + width :])
    frame = pl.DataFrame(
        {
            "record": np.repeat(np.arange(len(steps)), steps),
            "event_id": _lines(ids),
            "item": _lines(items),
            "type": _WORDS.gather(np.frombuffer(b"".join(kinds), np.uint8)),
            "time": np.frombuffer(b"".join(times), np.int64),
            "order": np.frombuffer(b"".join(orders), np.int64),
            "strength": np.frombuffer(b"".join(strengths), np.float64),
        },
        schema_overrides={"event_id": pl.String, "item": pl.String},
    )
    steps_frame = frame.with_columns(
        pl.col("item").str.split_exact(":", 1).struct.field("field_0").alias("platform"),
        _absent("time").cast(_US),
        _absent("order"),
    )
    return steps_frame, totals


def _absent(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != NULL).then(pl.col(name)).alias(name)


def _lines(texts: list[bytes]) -> list[str]:
    return b"\n".join(texts).decode().split("\n") if texts else []
