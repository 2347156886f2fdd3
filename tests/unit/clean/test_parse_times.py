"""Times in every way logs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from plait.clean.parse_times import parse_integers, parse_times

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


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1_000), ("us", 1_000_000)])
def test_epochs(unit: str, factor: int) -> None:
    seconds = int(MOMENT.timestamp())
    text = pl.Series("t", [str(seconds * factor), f"{seconds * factor}.0", "x", None])
    found = parse_times(text, unit)  # type: ignore[arg-type]
    assert found.to_list() == [MOMENT, MOMENT, None, None]


def test_fractions_of_seconds() -> None:
    (found,) = parse_times(pl.Series(["1704164645.25"]), "s")
    assert found == MOMENT.replace(microsecond=250_000)


def test_integers() -> None:
    text = pl.Series(["3", "-4", "5.0", "6.5", "x", None, "1e3", "9223372036854775807"])
    found = parse_integers(text).to_list()
    assert found == [3, -4, 5, None, None, None, 1000, 9223372036854775807]
