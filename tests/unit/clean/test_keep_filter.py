"""The keep filter: what it means, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from plait.clean.keep_filter import parse_keep_filter
from plait.contracts.store_tables import EVENTS
from plait.errors import BadFilter


def _kept(text: str) -> list[str]:
    rows = [
        {"event_id": "a", "rating": 5.0, "value": 10.0, "type": "rate", "object_id": "s:x"},
        {"event_id": "b", "rating": 3.0, "value": 60.0, "type": "view", "object_id": "s:y"},
        {"event_id": "c", "rating": None, "value": None, "type": "view", "object_id": None},
    ]
    frame = EVENTS.conform(pl.DataFrame(rows)).with_columns(
        time=pl.Series([datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)]).cast(
            EVENTS.polars["time"]
        ),
        dwell_s=pl.Series([1.0, 2.0, 3.0]),
        object_kind=pl.Series(["item", "item", "query"]),
    )
    return frame.filter(parse_keep_filter(text))["event_id"].to_list()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rating >= 3", ["a", "b"]),
        ("rating >= 3 and value < 50", ["a"]),
        ("rating > 4 or type == 'view'", ["a", "b", "c"]),
        ("not rating >= 4", ["b"]),
        ("3 < rating <= 5", ["a"]),
        ("type in ['rate', 'like']", ["a"]),
        ("type not in ('rate',)", ["b", "c"]),
        ("rating is null", ["c"]),
        ("rating is not None", ["a", "b"]),
        ("value * 2 > rating + 50", ["b"]),
        ("value > -1", ["a", "b"]),
        ("time >= '2020-01-02'", ["b", "c"]),
        ("'2020-01-03T00:00:00Z' <= time", ["c"]),
        ("dwell > 1.5", ["b", "c"]),
        ("item == 'x'", ["a"]),
        ("item != 'x'", ["b"]),
        ("object_kind == 'query'", ["c"]),
        ("true", ["a", "b", "c"]),
        ("rating >= 3\n  and value < 50", ["a"]),
    ],
)
def test_what_is_kept(text: str, kept: list[str]) -> None:
    assert _kept(text) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ratng >= 3", r"unknown field 'ratng'.*Did you mean 'rating'\?.*keep: rating >= 3"),
        ("account == 'x'", "unknown field 'account'"),
        ("rating >=", "cannot parse"),
        ("", "cannot parse"),
        ("rating", "is not a condition"),
        ("3", "is not a condition"),
        ("rating >= 'high'", "different types"),
        ("type > 3", "different types"),
        ("__import__('os').system('true')", "is not allowed"),
        ("(lambda: 1)()", "is not allowed"),
        ("type.upper() == 'X'", "is not allowed"),
        ("[x for x in (1,)] == 1", "is not allowed"),
        ("rating in type", "is not allowed"),
        ("rating is 3", "is not allowed"),
        ("rating ** 9 > 1", "is not allowed"),
        ("time > 'soon'", "cannot parse"),
        ("(" * 5000 + ")" * 5000, "cannot parse"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadFilter, match=message):
        parse_keep_filter(text, "platforms.shop.events.keep")
