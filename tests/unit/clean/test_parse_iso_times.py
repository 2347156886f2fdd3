"""Times in ISO 8601 in all its forms, with Python's datetime as the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.parse_iso_times import count_naive_iso_times, parse_iso_times

AT = datetime(2024, 1, 31, 10, 15, tzinfo=UTC)
FORMS = [
    ("2024-01-31T11:15+01:00", AT),
    ("2024-01-31T11:15:00+0100", AT),
    ("2024-01-31T11:15:00+01", AT),
    ("2024-01-31T06:45:00\u221203:30", AT),
    ("20240131T101500Z", AT),
    ("20240131T1015Z", AT),
    ("20240131T111500.5+0100", AT + timedelta(seconds=0.5)),
    ("2024-01-31T24:00:00Z", datetime(2024, 2, 1, tzinfo=UTC)),
    ("2024-01-31T24:00", datetime(2024, 2, 1, tzinfo=UTC)),
    ("2024-01-31T10:15:00,25Z", AT + timedelta(seconds=0.25)),
    ("2024-01-31t10:15:00z", AT),
    ("2024-01-31 11:15:00 +01:00", AT),
    ("2024-01-31 10:15:00 UTC", AT),
    ("2024-01-31 10:15 GMT", AT),
    ("2024-01-31T11:15:00+01:00[Europe/Paris]", AT),
    ("2024-01-31T10:15:00.1234567891Z", AT + timedelta(microseconds=123_456)),
    ("2024-01-31 10:15", AT),
    ("2024-01-31T10", AT.replace(minute=0)),
    ("20240131", AT.replace(hour=0, minute=0)),
    ("2024-W05-3T10:15:00Z", AT),
    ("2024W053T101500Z", AT),
    ("2024-031T11:15+01:00", AT),
    ("2024-W05-3", AT.replace(hour=0, minute=0)),
    ("2024-366", datetime(2024, 12, 31, tzinfo=UTC)),
    ("2024-01-31Z", AT.replace(hour=0, minute=0)),
]
NO_TIMES = [
    "2024-02-30", "2024-01-31T24:01", "2024-01-31T25:00", "2024-01-31T10:60", "20240131101500",
    "2024-01-31T10:15:00-25:00", "2024-01-31T10:15:", "31.01.2024", "1706695200", "", "T10:15",
    "2024-01-31T10:15:00 CET", "2024", "2024-01",
    "2024-W05", "2024-W54-1", "2023-366", "2024-000", "2024031",
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), FORMS)
def test_every_form_is_read(text: str, at: datetime) -> None:
    assert parse_iso_times(pl.Series([text, f"  {text} "]), "UTC").to_list() == [at, at]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_null(text: str) -> None:
    assert parse_iso_times(pl.Series([text]), "UTC").to_list() == [None]


def test_a_time_without_an_offset_is_its_zones() -> None:
    naive = ["2024-01-31T10:15:00", "2024-01-31 10:15", "20240131T101500", "2024-01-31T10:15:00Z"]
    found = parse_iso_times(pl.Series(naive), "+02:00").to_list()
    assert found == [AT - timedelta(hours=2)] * 3 + [AT]
    assert count_naive_iso_times(pl.Series([*naive, None, "2024-01-31", "20240131"])) == 5
    zoned = [text for text, _ in FORMS if "+" in text or "\u2212" in text or "T24:00:00Z" in text]
    assert count_naive_iso_times(pl.Series(zoned)) == 0


@st.composite
def written(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draws a text, and the time that Python reads from the same parts."""
    minutes = draw(st.none() | st.integers(-14 * 60, 14 * 60))
    at = draw(st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)))
    digits = draw(st.sampled_from([0, 3, 6]))
    fraction = f"{at.microsecond:06}"[:digits]
    at = at.replace(microsecond=int(fraction.ljust(6, "0")))
    basic = draw(st.booleans())
    text = at.strftime("%Y%m%dT%H%M%S" if basic else "%Y-%m-%dT%H:%M:%S")
    text += draw(st.sampled_from(".,")) + fraction if fraction else ""
    if not basic and draw(st.booleans()):
        text = text.replace("T", " ")
    if minutes is None:
        return text, at.replace(tzinfo=UTC)
    hours, rest = divmod(abs(minutes), 60)
    colon = draw(st.sampled_from(["", ":"]))
    text += draw(st.sampled_from(["", " "])) + ("-" if minutes < 0 else "+")
    return f"{text}{hours:02}{colon}{rest:02}", at.replace(
        tzinfo=timezone(timedelta(minutes=minutes))
    )


@given(st.lists(written(), min_size=1), st.lists(st.sampled_from(NO_TIMES)))
def test_texts_are_read_as_python_reads_them_whatever_is_beside_them(
    texts: list[tuple[str, datetime]], others: list[str]
) -> None:
    column = pl.Series([*(text for text, _ in texts), *others])
    found = parse_iso_times(column, "UTC").to_list()
    assert found == [at.astimezone(UTC) for _, at in texts] + [None] * len(others)
    alone = [parse_iso_times(pl.Series([text]), "UTC")[0] for text, _ in texts]
    assert alone == found[: len(texts)]
