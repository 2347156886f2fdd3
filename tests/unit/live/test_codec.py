from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from plait.contracts.store_tables import SEQUENCES
from plait.features.sequences import SEQUENCE_COLUMNS
from plait.live.codec import (
    CODEC_VERSION,
    RECORD_HEADER,
    is_readable,
    pack_sequences,
)
from tests.live_sequences import unpack_sequences

TIME = datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)
TWO = SEQUENCES.conform(
    pl.DataFrame(
        {
            "person": ["p_1", "p_2", "p_3"],
            "total": [7, 1, 0],
            "event_id": [["é:1", "b"], ["c"], []],
            "platform": [["shop", "video"], ["shop"], []],
            "item": [["shop:1:2", "video:ü"], ["shop:3"], []],
            "type": [["view", "dislike"], ["purchase"], []],
            "time": [[None, TIME], [TIME], []],
            "order": [[-5, None], [2**62], []],
            "strength": [[0.3, -1.0], [1.0], []],
        },
        strict=False,
    )
)


def test_unpacking_gives_back_every_step() -> None:
    records = dict(pack_sequences(TWO))
    assert list(records) == ["p_1", "p_2"]
    steps, totals = unpack_sequences(list(records.values()))
    assert totals == [7, 1]
    expected = TWO.head(2).explode(pl.col(pl.List))
    names = list(SEQUENCE_COLUMNS)
    assert steps.select(names).equals(expected.select(names))
    assert steps["record"].to_list() == [0, 0, 1]


def test_records_of_version_0_are_read() -> None:
    """The bytes were packed before records had a version, when types had no codes."""
    was = json.loads((Path(__file__).parent / "yesterday" / "packed.json").read_text())
    records = [bytes.fromhex(record) for record in was["records"].values()]
    assert all(is_readable(record) for record in records)
    steps, totals = unpack_sequences(records)
    assert totals == list(was["totals"].values())
    for number, expected in enumerate(was["steps"].values()):
        mine = steps.filter(pl.col("record") == number)
        read = mine.with_columns(pl.col("time").dt.epoch("us")).to_dict(as_series=False)
        assert {name: read[name] for name in expected} == expected
    assert mine["type"].to_list() == was["types"]
    # And what is packed today differs in nothing but the version.
    lists = steps.group_by("record", maintain_order=True).agg(pl.all())
    rows = lists.with_columns(person=pl.lit("p"), total=pl.Series(totals)).drop("record")
    for (_, now), before in zip(pack_sequences(SEQUENCES.conform(rows)), records, strict=True):
        assert now[7] == CODEC_VERSION
        assert now[:7] + b"\0" + now[8:] == before


def test_a_newer_plait_s_type_is_no_known_one_and_its_layout_is_not_read() -> None:
    record = dict(pack_sequences(TWO))["p_1"]
    types = RECORD_HEADER.size + 2 * 24  # after time, order and strength of two steps
    newer = record[:types] + bytes([200]) + record[types + 1 :]
    steps, _ = unpack_sequences([newer])
    assert steps["type"].to_list() == [None, "dislike"]
    assert steps["item"].to_list() == ["shop:1:2", "video:ü"]
    assert not is_readable(record[:7] + bytes([CODEC_VERSION + 1]) + record[8:])
    # Packed by one that does not know it.
    strange = TWO.with_columns(pl.Series("type", [["hide", "dislike"], ["purchase"], []]))
    steps, _ = unpack_sequences([dict(pack_sequences(strange))["p_1"]])
    assert steps["type"].to_list() == [None, "dislike"]


def test_no_record_is_no_step() -> None:
    steps, totals = unpack_sequences([])
    assert (steps.height, totals) == (0, [])
