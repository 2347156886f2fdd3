"""Histories decoded straight into arrays are those by way of tables, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.contracts.event_rows import FEEDBACK_EVENTS
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.contracts.store_tables import SEQUENCES
from plait.contracts.table_schema import conform_rows
from plait.features.history import History
from plait.features.known_people import KnownPeople
from plait.features.vocabulary import Vocabulary
from plait.live.codec import RECORD_HEADER, pack_sequences
from plait.live.live_history import live_histories
from plait.live.live_state import PersonState
from plait.live.stream_entries import encode_events
from tests.live_sequences import live_sequences, people_of_sequences

T0 = datetime(2025, 1, 1, tzinfo=UTC)
KNOWN = ("shop:1", "shop:2", "shop:3:4", "video:é", "video:2")
UNKNOWN = ("shop:new", "video:new", "news:1", "news:2")
VOCABULARY = Vocabulary.build(
    ("shop", "video"),
    pl.DataFrame({"item": KNOWN, "platform": [item.split(":")[0] for item in KNOWN]}),
)
STEPS = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from([f"e{n}" for n in range(8)]),
        "item": st.sampled_from(KNOWN + UNKNOWN),
        "type": st.sampled_from([*EVENT_STRENGTHS, "hide"]),  # the last is a newer plait's
        "time": st.none() | st.integers(-2, 2).map(lambda n: T0 + timedelta(microseconds=n)),
        "order": st.none() | st.sampled_from([-(2**62), -1, 0, 1, 2**62]),
        "strength": st.sampled_from([-1.0, -0.1, 0.0, 0.3, 0.8, 1.0]),
    }
)
STEP_TYPES = {name: kind.inner for name, kind in SEQUENCES.polars.items()
              if isinstance(kind, pl.List)}  # fmt: skip


def frame(steps: Sequence[dict[str, Any]]) -> pl.DataFrame:
    rows = pl.DataFrame(list(steps), schema={n: k for n, k in STEP_TYPES.items()
                                             if n != "platform"})  # fmt: skip
    return rows.with_columns(platform=pl.col("item").str.split(":").list.first())


def packed(steps: Sequence[dict[str, Any]], total: int = 100) -> bytes:
    lists = frame(steps).select(pl.all().implode())
    rows = lists.with_columns(person=pl.lit("p"), total=pl.lit(total))
    return dict(pack_sequences(SEQUENCES.conform(rows)))["p"]


def feedback(steps: Sequence[dict[str, Any]], kind: str = "item") -> pl.DataFrame:
    rows = frame(steps).rename({"item": "object_id"})
    rows = rows.with_columns(object_kind=pl.lit(kind), account=pl.lit("a"))
    return conform_rows(rows, FEEDBACK_EVENTS)


def members(steps: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{member}\n17-0" for member in encode_events(feedback(steps))["member"])


RECORDS = st.lists(STEPS, min_size=1, max_size=6).map(packed)
SEEN = st.lists(st.sampled_from(KNOWN + UNKNOWN), max_size=4).map(tuple)
PLAIN = st.builds(lambda record, seen: PersonState("p", base=(record,), seen=seen), RECORDS, SEEN)
ANYONE = st.builds(
    lambda records, recent, seen: PersonState(
        "p", base=tuple(records), recent=members(recent), seen=seen
    ),
    st.lists(RECORDS, max_size=3),
    st.lists(STEPS, max_size=5),
    SEEN,
)


def by_tables(
    known: Sequence[PersonState], length: int, extra: pl.DataFrame | None = None
) -> KnownPeople:
    return people_of_sequences(live_sequences(known, length, extra), VOCABULARY)


def assert_same(found: KnownPeople, expected: KnownPeople) -> None:
    for field in fields(History):
        mine, theirs = (getattr(one.history, field.name) for one in (found, expected))
        if mine is None or theirs is None:
            assert mine is theirs
            continue
        assert (field.name, mine.dtype) == (field.name, theirs.dtype)
        np.testing.assert_array_equal(mine, theirs, field.name)
    assert found.active.tolist() == expected.active.tolist()
    assert list(found.platforms) == list(expected.platforms)
    earlier = [list(zip(one.earlier.row, one.earlier.column, strict=True))
               for one in (found, expected)]  # fmt: skip
    assert earlier[0] == earlier[1]


@settings(max_examples=15)
@given(st.data(), st.lists(PLAIN | ANYONE, min_size=1, max_size=5), st.integers(1, 6))
def test_arrays_are_what_tables_make(
    data: st.DataObject, known: list[PersonState], length: int
) -> None:
    assert_same(live_histories(known, VOCABULARY, length), by_tables(known, length))
    extra = pl.concat([feedback(data.draw(st.lists(STEPS, max_size=3)), kind)
                       for kind in ("item", "topic")])  # fmt: skip
    places = st.lists(st.integers(0, len(known) - 1), min_size=extra.height, max_size=extra.height)
    extra = extra.with_columns(pl.Series("at", data.draw(places), pl.Int64))
    assert_same(live_histories(known, VOCABULARY, length, extra), by_tables(known, length, extra))


def test_nobody_is_nobody() -> None:
    none = live_histories([], VOCABULARY, 5)
    assert (len(none), list(none.platforms), len(none.earlier)) == (0, [], 0)


def test_a_record_without_a_step_is_a_person_without_a_history() -> None:
    empty = RECORD_HEADER.pack(1 << 56, 3, 0)
    record = packed([dict.fromkeys(STEP_TYPES) | {"event_id": "e", "item": "shop:1",
                    "type": "view", "strength": 0.3}])  # fmt: skip
    known = [PersonState("a", base=(empty,)), PersonState("b", base=(record,)),
             PersonState("c", base=(empty,), recent=("\n".join(["0", "x", "video:2", "like", "0.9",
                                                                "", "", "1-0"]),))]  # fmt: skip
    found = live_histories(known, VOCABULARY, 5)
    assert found.active.tolist() == [False, True, True]
    assert VOCABULARY.item_ids(found.history.item).to_list() == ["shop:1", "video:2"]
    assert found.history.lengths.tolist() == [0, 1, 1]
    assert list(found.platforms) == [frozenset(), frozenset(["shop"]), frozenset(["video"])]


def test_records_of_version_0_and_types_of_a_newer_plait_are_read_alike() -> None:
    was = json.loads((Path(__file__).parent / "yesterday" / "packed.json").read_text())
    records = [bytes.fromhex(record) for record in was["records"].values()]
    items = [item for steps in was["steps"].values() for item in steps["item"]]
    vocabulary = Vocabulary.build(
        ("shop", "video"),
        pl.DataFrame({"item": items, "platform": [item.split(":")[0] for item in items]}),
    )
    newer = [record[: RECORD_HEADER.size + 24 * record[0]] + bytes([200])
             + record[RECORD_HEADER.size + 24 * record[0] + 1 :] for record in records]  # fmt: skip
    known = [PersonState("p", base=(record,)) for record in records + newer]
    found = live_histories(known, vocabulary, 50)
    assert_same(found, people_of_sequences(live_sequences(known, 50), vocabulary))
    old, new = found.history.lengths[: len(records)], found.history.lengths[len(records) :]
    assert (old - new).tolist() == [1] * len(records)
