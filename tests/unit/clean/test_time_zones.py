"""Local times in UTC: the gaps and overlaps of zones, with Python's zoneinfo as the oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.time_zones import local_to_utc

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # its gaps are half an hour long
    "Pacific/Apia",  # it skipped a day
    "Asia/Kathmandu",
    "America/Sao_Paulo",  # its gaps were at midnight
)
CHANGES = [
    datetime(2024, 3, 31, 2),
    datetime(2024, 10, 27, 2),
    datetime(2024, 3, 10, 2),
    datetime(2024, 11, 3, 1),
    datetime(2024, 10, 6, 2),
    datetime(2024, 4, 7, 1),
    datetime(2011, 12, 30),
    datetime(2018, 11, 4),
    datetime(2018, 2, 17, 23),
]
NEAR_A_CHANGE = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-1500, 1500),
)
TIMES = st.lists(
    NEAR_A_CHANGE | st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)), min_size=1
)


@given(TIMES, st.sampled_from(ZONES))
def test_local_times_are_those_of_zoneinfo(times: list[datetime], zone: str) -> None:
    # With fold=0 Python takes the earlier of two times, and the offset before a gap.
    want = [time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for time in times]
    assert local_to_utc(pl.Series(times, dtype=pl.Datetime("us")), zone).to_list() == want


@given(TIMES, st.integers(-23 * 60, 23 * 60))
def test_fixed_offsets(times: list[datetime], minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    own = timezone(timedelta(minutes=minutes))
    want = [time.replace(tzinfo=own).astimezone(UTC) for time in times]
    found = local_to_utc(pl.Series(times, dtype=pl.Datetime("us")), f"{sign}{hours:02}:{rest:02}")
    assert found.to_list() == want


@pytest.mark.parametrize("zone", [*ZONES, "UTC", "+02:00"])
def test_times_at_the_ends_of_the_calendar_and_none(zone: str) -> None:
    ends = pl.Series([datetime(1, 1, 1), datetime(9999, 12, 31), None], dtype=pl.Datetime("us"))
    found = local_to_utc(ends.alias("t"), zone)
    assert found.null_count() == 1
    assert (found.name, found.dtype) == ("t", pl.Datetime("us", "UTC"))
    assert local_to_utc(ends.clear(), zone).len() == 0
