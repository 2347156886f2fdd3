"""Parses times written as epochs or ISO 8601, and integers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

EARLIEST_TIME = datetime(1990, 1, 1, tzinfo=UTC)
# A clock may be wrong by a time zone. A time further ahead is not the time of an event.
MAX_CLOCK_AHEAD = timedelta(days=1)

UTC_TIME = pl.Datetime("us", "UTC")
_PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}
_ZONED = "%Y-%m-%dT%H:%M:%S%.f%#z"
_NAIVE = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d", "%Y-%m-%dT%H:%M")


def parse_times(text: pl.Series, unit: str) -> pl.Series:
    """Returns UTC microseconds; null if `text` is not a time. A time without a zone is UTC."""
    return _parse_iso(text) if unit == "iso" else _parse_epoch(text, _PER_UNIT[unit])


def parse_integers(text: pl.Series) -> pl.Series:
    """Returns Int64; '3.0' is 3, and all other text that is not an integer is null."""
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() > text.null_count():
        real = text.cast(pl.Float64, strict=False)
        integral = (real == real.floor()) & (real.abs() < 2.0**53)
        found = pl.select(pl.when(integral).then(real)).to_series().cast(pl.Int64, strict=False)
        whole = whole.to_frame("w").select(pl.coalesce("w", found)).to_series()
    return whole


def _parse_epoch(text: pl.Series, factor: int) -> pl.Series:
    whole = text.cast(pl.Int64, strict=False)
    limit = 2**62 // factor  # larger values would overflow; clipped ones are still out of range
    times = whole.clip(-limit, limit) * factor
    if whole.null_count() > text.null_count():
        real = (text.cast(pl.Float64, strict=False) * factor).round().clip(-(2.0**61), 2.0**61)
        real = real.replace([float("nan")], [None])
        frame = pl.DataFrame({"whole": times, "real": real.cast(pl.Int64, strict=False)})
        times = frame.select(pl.coalesce("whole", "real")).to_series()
    return times.cast(UTC_TIME).rename(text.name)


def _parse_iso(text: pl.Series) -> pl.Series:
    times = text.str.strptime(UTC_TIME, _ZONED, strict=False)
    if times.null_count() == text.null_count():
        return times.rename(text.name)
    # '2024-01-31 12:00:00' differs from ISO by one character.
    iso = text.str.strip_chars().str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T")
    times = iso.str.strptime(UTC_TIME, _ZONED, strict=False)
    for pattern in _NAIVE:
        if times.null_count() == text.null_count():
            break
        naive = iso.str.strptime(pl.Datetime("us"), pattern, strict=False).dt.replace_time_zone(
            "UTC"
        )
        times = pl.DataFrame({"a": times, "b": naive}).select(pl.coalesce("a", "b")).to_series()
    return times.rename(text.name)
