"""Times in every way logs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.parse_times import count_naive_times, parse_integers, parse_times
from plait.clean.time_zones import local_to_utc
from plait.config.time_patterns import check_time_pattern

MOMENT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02T03:04:05Z", MOMENT),
        ("2024-01-02T03:04:05+00:00", MOMENT),
        ("2024-01-02T05:04:05+02:00", MOMENT),
        ("2024-01-02 03:04:05", MOMENT),
        (" 2024-01-02T03:04:05 ", MOMENT),
        ("2024-01-02T03:04:05.000006", MOMENT.replace(microsecond=6)),
        ("2024-01-02T03:04:05.5Z", MOMENT.replace(microsecond=500_000)),
        ("2024-01-02T03:04", MOMENT.replace(second=0)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024-02-30", None),
        ("02/01/2024", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_iso(text: str | None, moment: datetime | None) -> None:
    mixed = pl.Series("t", [text, "2020-01-01T00:00:00Z"], pl.String)
    assert parse_times(mixed, "iso")[0] == moment


@pytest.mark.parametrize(
    ("unit", "factor"), [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)]
)
def test_epochs(unit: str, factor: int) -> None:
    seconds = int(MOMENT.timestamp())
    text = pl.Series("t", [str(seconds * factor), f"{seconds * factor}.0", "x", None])
    found = parse_times(text, unit, "Europe/Berlin")  # epochs are UTC whatever the zone
    assert found.to_list() == [MOMENT, MOMENT, None, None]


def test_fractions_of_seconds() -> None:
    (found,) = parse_times(pl.Series(["1704164645.25"]), "s")
    assert found == MOMENT.replace(microsecond=250_000)


@pytest.mark.parametrize(
    ("text", "pattern", "moment"),
    [
        ("4/1/2024 1:05:09 PM", "%m/%d/%Y %I:%M:%S %p", "2024-04-01T13:05:09"),
        ("04/01/2024 12:00:00 am", "%m/%d/%Y %I:%M:%S %p", "2024-04-01T00:00:00"),
        (" 1.2.24 ", "%-d.%-m.%y", "2024-02-01T00:00:00"),
        ("10/Oct/2000:13:55:36 -0700", "%d/%b/%Y:%H:%M:%S %z", "2000-10-10T20:55:36"),
        ("10/Oct/2000:13:55:36 Z", "%d/%b/%Y:%H:%M:%S %z", "2000-10-10T13:55:36"),
        ("January 5, 2024", "%B %d, %Y", "2024-01-05T00:00:00"),
        ("Sat, 06 Jan 2024 08:49:37 GMT", "%a, %d %b %Y %H:%M:%S GMT", "2024-01-06T08:49:37"),
        ("2024-01-05 10:20:30,123", "%Y-%m-%d %H:%M:%S,%f", "2024-01-05T10:20:30.123000"),
        ("2024-01-05 10:20:30.5", "%Y-%m-%d %H:%M:%S.%f", "2024-01-05T10:20:30.500000"),
        ("2024-01-05 +02:00", "%Y-%m-%d %z", "2024-01-04T22:00:00"),
        ("5% on 2024-01-05 at 10h", "5%% on %Y-%m-%d at %Hh", "2024-01-05T10:00:00"),
        ("2024-01", "%Y-%m", "2024-01-01T00:00:00"),
        ("2024-W05-3", "%G-W%V-%u", "2024-01-31T00:00:00"),
        ("2024 32", "%Y %j", "2024-02-01T00:00:00"),
        ("2024-01-05", "%d.%m.%Y", None),
        ("13/13/2024", "%m/%d/%Y", None),
        (None, "%m/%d/%Y", None),
    ],
)
def test_patterns(text: str | None, pattern: str, moment: str | None) -> None:
    check_time_pattern(pattern)
    found = parse_times(pl.Series("t", [text, "x", text], pl.String), pattern)
    at = None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert (found.name, found.to_list()) == ("t", [at, None, at])


FULL_PATTERNS = (
    "%Y-%m-%d %H:%M:%S.%f", "%d/%b/%Y:%H:%M:%S.%f", "%m/%d/%Y %I:%M:%S.%f %p",
    "%B %d, %Y at %H:%M:%S.%f", "%Y%m%d%H%M%S%f", "%A %j %Y %T,%f",
)  # fmt: skip


@given(
    st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)), min_size=1),
    st.sampled_from(FULL_PATTERNS),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "-03:30"]),
)
def test_what_python_writes_by_a_pattern_is_read(
    times: list[datetime], pattern: str, zone: str
) -> None:
    check_time_pattern(pattern)
    text = pl.Series([*(time.strftime(pattern) for time in times), "x"])
    want = local_to_utc(pl.Series(times, dtype=pl.Datetime("us")), zone).to_list()
    assert parse_times(text, pattern, zone).to_list() == [*want, None]
    assert parse_times(text[:1], pattern, zone).to_list() == want[:1]


def test_times_without_an_offset_are_counted() -> None:
    text = pl.Series(["2024-01-05T10:20:30", "2024-01-05T10:20:30Z", None])
    assert count_naive_times(text, "iso") == 1
    assert count_naive_times(text, "%Y-%m-%dT%H:%M:%S") == 2
    assert count_naive_times(text, "%Y-%m-%dT%H:%M:%S%z") == 0
    assert count_naive_times(text, "ms") == 0


def test_integers() -> None:
    text = pl.Series(["3", "-4", "5.0", "6.5", "x", None, "1e3", "9223372036854775807"])
    found = parse_integers(text).to_list()
    assert found == [3, -4, 5, None, None, None, 1000, 9223372036854775807]
