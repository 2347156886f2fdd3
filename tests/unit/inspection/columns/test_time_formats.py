from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.clean.parse_times import parse_times
from plait.inspection.columns.time_formats import recognise_times

MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


UNITS = [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)]


@given(st.lists(MOMENTS, min_size=3, max_size=20), st.sampled_from(UNITS))
def test_an_epoch_is_recognised_by_its_size(moments: list[datetime], unit: tuple[str, int]) -> None:
    values = pl.Series([str(int(moment.timestamp()) * unit[1]) for moment in moments])
    found = recognise_times(values)
    assert found is not None
    assert found.unit == unit[0]


@settings(max_examples=8)
@given(
    st.lists(MOMENTS, min_size=3, max_size=20),
    st.sampled_from(
        ["%d.%m.%Y %H:%M", "%d %b %Y, %H:%M", "%b %d, %Y, %I:%M:%S %p", "%d/%b/%Y:%H:%M:%S %z"]
    ),
)
def test_what_is_recognised_reads_the_same_moments(moments: list[datetime], pattern: str) -> None:
    values = pl.Series([moment.strftime(pattern) for moment in moments])
    found = recognise_times(values)
    assert found is not None
    assert parse_times(values, found.unit).equals(parse_times(values, pattern))


@pytest.mark.parametrize("text", ["N12345", "B0012", "12.50", "3", "Watched a film in 2019"])
def test_what_is_no_time_is_not_recognised(text: str) -> None:
    assert recognise_times(pl.Series([text] * 5)) is None


def test_the_order_of_rows_tells_day_and_month_apart() -> None:
    start = datetime(2024, 1, 1)
    days = [start + timedelta(days=n) for n in range(200) if (start + timedelta(days=n)).day <= 12]
    found = recognise_times(pl.Series([day.strftime("%d/%m/%Y") for day in days]))
    assert found is not None
    assert (found.unit, found.other, found.sorted_better) == ("%d/%m/%Y", "%m/%d/%Y", True)


def test_days_are_told_from_times() -> None:
    found = recognise_times(pl.Series(["2024-01-03", "2024-02-04"]))
    assert found is not None
    assert (found.day, found.naive) == (True, True)


def test_days_in_a_row_are_likelier_than_one_day_of_each_month() -> None:
    days = pl.Series([f"0{n}/05/2024" for n in range(1, 10)])
    found = recognise_times(days)
    assert found is not None
    assert (found.unit, found.other) == ("%d/%m/%Y", "%m/%d/%Y")
