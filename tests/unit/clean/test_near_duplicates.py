"""What counts as a near duplicate, against a plain loop over each account's events."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.near_duplicates import find_near_duplicates
from plait.contracts.store_tables import EVENTS

BLANK: dict[str, Any] = {"platform": "shop", "type": "view", "object_kind": "item"} | {
    "object_id": "shop:1", "time_resolution": "us", "nr": 0, "account": "a",
}  # fmt: skip
KINDS = {**EVENTS.polars, "nr": pl.UInt32()}


def history(*events: dict[str, Any]) -> pl.DataFrame:
    """Returns events at `at` (seconds) in the order of a history."""
    rows = [
        BLANK
        | {"event_id": f"{n:05}", "time": None if e["at"] is None else round(e["at"] * 1e6)}
        | {k: v for k, v in e.items() if k != "at"}
        for n, e in enumerate(events)
    ]
    kinds = KINDS | {"time": pl.Int64()}
    frame = pl.DataFrame(rows, schema=kinds).with_columns(
        pl.col("time").cast(pl.Datetime("us", "UTC"))
    )
    return frame.sort("nr", "time", "event_id", nulls_last=False)


def removed(events: pl.DataFrame, seconds: float = 2.0) -> list[str]:
    return events.filter(find_near_duplicates(events, {"shop": seconds}))["event_id"].to_list()


def test_a_double_click_is_one_event() -> None:
    assert removed(history({"at": 0}, {"at": 0.4}, {"at": 60})) == ["00001"]


def test_the_end_of_the_window_belongs_to_it() -> None:
    assert removed(history({"at": 0}, {"at": 2})) == ["00001"]
    assert removed(history({"at": 0}, {"at": 2.000001})) == []


def test_a_burst_is_measured_from_its_first_event() -> None:
    events = history(*({"at": n} for n in range(7)))
    assert removed(events) == ["00001", "00002", "00004", "00005"]


@pytest.mark.parametrize(
    "other",
    [
        {"type": "purchase"}, {"object_id": "shop:2"}, {"nr": 1}, {"value": 3.0}, {"rating": 5.0},
        {"query_text": "red"}, {"currency": "EUR"},
    ],
)  # fmt: skip
def test_events_that_differ_stay(other: dict[str, Any]) -> None:
    assert removed(history({"at": 0}, {"at": 1, **other})) == []


@pytest.mark.parametrize("resolution", ["day", "order"])
def test_times_that_are_not_exact_are_left_alone(resolution: str) -> None:
    at = None if resolution == "order" else 0
    twice = {"at": at, "time_resolution": resolution}
    assert removed(history(twice, twice)) == []


def test_the_longest_dwell_of_a_burst_stays_then_what_names_a_recommendation() -> None:
    opened = history({"at": 0, "dwell_s": 1.0}, {"at": 1, "dwell_s": 300.0}, {"at": 2})
    assert removed(opened) == ["00000", "00002"]
    assert removed(history({"at": 0}, {"at": 1, "recommendation_id": "r"})) == ["00000"]


def test_zero_keeps_all_and_other_platforms_stay() -> None:
    events = history({"at": 0}, {"at": 0})
    assert removed(events, 0) == []
    assert not find_near_duplicates(events, {"video": 5.0}).any()
    assert not find_near_duplicates(events.clear(), {"shop": 5.0}).len()


def _by_loop(events: pl.DataFrame, seconds: float) -> set[str]:
    heads: dict[tuple[int, str], int] = {}
    gone = set()
    for row in events.with_columns(pl.col("time").dt.epoch("us")).iter_rows(named=True):
        key = (row["nr"], row["object_id"])
        if key in heads and row["time"] - heads[key] <= round(seconds * 1e6):
            gone.add(row["event_id"])
        else:
            heads[key] = row["time"]
    return gone


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2), st.integers(0, 2)), max_size=60),
    st.sampled_from([1.0, 2.0, 3.5, 40.0]),
    st.randoms(use_true_random=False),
)
def test_it_is_what_a_loop_finds_in_any_order(
    drawn: list[tuple[int, int, int]], seconds: float, random: Any
) -> None:
    rows = [{"at": 1 + at, "nr": nr, "object_id": f"shop:{item}"} for at, nr, item in drawn]
    rows = [row | {"event_id": f"{n:05}"} for n, row in enumerate(rows)]
    events = history(*rows)
    found = set(removed(events, seconds))
    assert found == _by_loop(events, seconds)
    random.shuffle(rows)
    assert set(removed(history(*rows), seconds)) == found


@pytest.mark.parametrize("unit", [86_400, 3600, 900])
def test_days_that_are_called_exact_are_no_moments(unit: int) -> None:
    days = [{"at": unit * n} for n in (1, 1, 2, 2, 2)]
    assert removed(history(*days)) == []
    assert removed(history(*days, {"at": unit * 3 + 7})) == ["00001", "00003", "00004"]
    assert removed(history(*days, {"at": 7, "nr": 1}, {"at": 8, "nr": 1})) == ["00006"]
    one = history({"at": unit}, {"at": unit})
    assert removed(one) == ([] if unit == 86_400 else ["00001"])
