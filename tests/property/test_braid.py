"""The braid depends on the set of events alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.contracts.store_tables import SEQUENCES
from plait.features.sequences import SEQUENCE_COLUMNS, build_sequences

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = {name: getattr(kind, "inner", kind) for name, kind in SEQUENCES.polars.items()}
SCHEMA = {"person": pl.String(), **{name: KINDS[name] for name in SEQUENCE_COLUMNS}}

event = st.fixed_dictionaries(
    {
        "person": st.sampled_from(["p", "q"]),
        "event_id": st.integers(0, 30).map(str),
        "platform": st.sampled_from(["a", "b"]),
        "item": st.sampled_from(["a:1", "a:2", "b:1"]),
        "type": st.sampled_from(["view", "like"]),
        "time": st.none() | st.integers(0, 3).map(lambda days: EPOCH + timedelta(days=days)),
        "order": st.none() | st.integers(0, 2),
        "strength": st.sampled_from([-1.0, 0.3, 1.0]),
    }
)


def frame(events: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(events, schema=SCHEMA)


@settings(max_examples=60, deadline=None)
@given(st.lists(event, max_size=25), st.randoms(), st.integers(1, 8))
def test_order_and_repeats_change_nothing(events, random, length) -> None:
    repeated = events + random.choices(events, k=len(events)) if events else []
    random.shuffle(repeated)
    assert build_sequences(frame(repeated), length).equals(build_sequences(frame(events), length))


@settings(max_examples=60, deadline=None)
@given(st.lists(event, max_size=25, unique_by=lambda e: e["event_id"]), st.integers(1, 8))
def test_steps_are_the_newest_in_order(events, length) -> None:
    result = build_sequences(frame(events), length)
    assert result["total"].sum() == len(events)
    for row in result.iter_rows(named=True):
        keys = [
            (t is not None, t or EPOCH, o is not None, o or 0, e)
            for t, o, e in zip(row["time"], row["order"], row["event_id"], strict=True)
        ]
        assert keys == sorted(keys)
        assert len(keys) == min(length, row["total"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(event, max_size=25, unique_by=lambda e: e["event_id"]),
    st.integers(1, 8),
    st.integers(0, 25),
)
def test_a_braided_tail_and_what_came_since_make_the_whole(events, length, cut) -> None:
    base = build_sequences(frame(events[:cut]), length)
    tail = base.select("person", *SEQUENCE_COLUMNS).explode(SEQUENCE_COLUMNS)
    merged = build_sequences(pl.concat([tail.cast(SCHEMA), frame(events[cut:])]), length)
    assert merged.drop("total").equals(build_sequences(frame(events), length).drop("total"))


def test_a_small_case_by_hand() -> None:
    def one(event_id: str, day: int | None, order: int | None) -> dict[str, object]:
        time = None if day is None else EPOCH + timedelta(days=day)
        return {
            "person": "p", "event_id": event_id, "platform": "a", "item": "a:1",
            "type": "view", "time": time, "order": order, "strength": 0.3,
        }  # fmt: skip

    events = [one("e", 1, 2), one("d", 1, 1), one("c", 0, None), one("b", None, 5), one("a", 1, 1)]
    assert build_sequences(frame(events), 9)["event_id"].to_list() == [["b", "c", "a", "d", "e"]]
    assert build_sequences(frame(events), 2)["event_id"].to_list() == [["d", "e"]]
