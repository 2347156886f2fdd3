"""Frames come out of payloads as they went in, however they were cut."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from plait.engine.spark.payload import (
    SPILLED_ROWS,
    Payload,
    from_batches,
    pack_frame,
    pack_object,
    to_batches,
)

FRAME = pl.DataFrame(
    {
        "text": ["a", None, "c", "a"],
        "time": [datetime(2024, 1, 1, 1, 2, 3, 456789, tzinfo=UTC), None, None, None],
        "n": [1, None, -3, 4],
        "share": [0.5, None, float("nan"), -0.0],
        "list": [["x"], [], None, ["y", None]],
    }
)


def _joined(payloads: list[Payload]) -> pl.DataFrame:
    return pl.concat(payload.frame() for payload in payloads)


def test_a_frame_survives_with_types_nulls_and_lists() -> None:
    frame = FRAME.with_columns(
        who=pl.Series([0, 1, 2, 3], dtype=pl.UInt32),
        hash=pl.Series([2**64 - 1, 0, None, 7], dtype=pl.UInt64),
    )
    (payload,) = pack_frame(SPILLED_ROWS, "events", 3, frame)
    assert (payload.kind, payload.name, payload.bucket, payload.rows) == (
        SPILLED_ROWS,
        "events",
        3,
        4,
    )
    assert payload.frame().equals(frame)
    assert payload.frame().schema == frame.schema
    assert payload.frame(["n", "text"]).columns == ["n", "text"]


def test_payloads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plait.engine.spark.payload._MAX_ROWS", 3)
    payloads = list(pack_frame(SPILLED_ROWS, "events", 0, FRAME))
    assert [payload.rows for payload in payloads] == [3, 1]
    assert _joined(payloads).equals(FRAME)


def test_a_frame_without_rows_keeps_its_columns() -> None:
    (payload,) = pack_frame(SPILLED_ROWS, "events", 0, FRAME.clear())
    assert payload.rows == 0
    assert payload.frame().schema == FRAME.schema


def test_batches_hold_a_few_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = [pack_object(SPILLED_ROWS, str(n), n, n, {"n": n}) for n in range(5)]
    monkeypatch.setattr("plait.engine.spark.payload._BATCH_BYTES", 2 * len(payloads[0].body))
    batches = list(to_batches(payloads))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    found = list(from_batches(batches))
    assert found == payloads
    assert [payload.unpickle() for payload in found] == [{"n": n} for n in range(5)]
    assert list(to_batches([])) == []
