"""Parses times written as epochs, in ISO 8601 or by a pattern of strptime, and integers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from plait.clean.parse_iso_times import count_naive_iso_times, parse_iso_times
from plait.clean.time_zones import UTC_TIME, local_to_utc
from plait.config.time_patterns import EPOCH_UNITS, chrono_patterns, has_offset

EARLIEST_TIME = datetime(1990, 1, 1, tzinfo=UTC)
# A clock may be wrong by a time zone. A time further ahead is not the time of an event.
MAX_CLOCK_AHEAD = timedelta(days=1)

_PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NANOSECONDS = 1_000  # per microsecond


def parse_times(text: pl.Series, unit: str, zone: str = "UTC") -> pl.Series:
    """Returns UTC microseconds; null if `text` is not a time.

    Args:
        text: the times as text.
        unit: iso, one of EPOCH_UNITS, or a checked pattern of strptime. No pattern is guessed.
        zone: the zone of times that name no offset. Epochs are UTC.
    """
    if unit == "iso":
        return parse_iso_times(text, zone)
    if unit == "ns":
        return _parse_nanoseconds(text)
    if unit in EPOCH_UNITS:
        return _parse_epoch(text, _PER_UNIT[unit])
    return _parse_pattern(text, unit, zone)


def count_naive_times(text: pl.Series, unit: str) -> int:
    """Returns how many times of `text` name no offset from UTC, so that the zone decides."""
    if unit == "iso":
        return count_naive_iso_times(text)
    if unit in EPOCH_UNITS or has_offset(unit):
        return 0
    return text.len() - text.null_count()


def parse_integers(text: pl.Series) -> pl.Series:
    """Returns Int64; '3.0' is 3, and all other text that is not an integer is null."""
    whole, text = _cast_whole(text)
    if whole.null_count() > text.null_count():
        real = text.cast(pl.Float64, strict=False)
        integral = (real == real.floor()) & (real.abs() < 2.0**53)
        found = pl.select(pl.when(integral).then(real)).to_series().cast(pl.Int64, strict=False)
        whole = whole.to_frame("w").select(pl.coalesce("w", found)).to_series()
    return whole


def _cast_whole(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Returns Int64, null if a text is not a whole number; and the texts, trimmed if needed."""
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() > text.null_count():
        text = text.str.strip_chars()
        whole = text.cast(pl.Int64, strict=False)
    return whole, text


def _parse_epoch(text: pl.Series, factor: int) -> pl.Series:
    whole, text = _cast_whole(text)
    limit = 2**62 // factor  # larger values would overflow; clipped ones are still out of range
    times = whole.clip(-limit, limit) * factor
    if whole.null_count() > text.null_count():
        real = (text.cast(pl.Float64, strict=False) * factor).round().clip(-(2.0**61), 2.0**61)
        real = real.replace([float("nan")], [None])
        frame = pl.DataFrame({"whole": times, "real": real.cast(pl.Int64, strict=False)})
        times = frame.select(pl.coalesce("whole", "real")).to_series()
    return times.cast(UTC_TIME).rename(text.name)


def _parse_nanoseconds(text: pl.Series) -> pl.Series:
    """Returns microseconds, rounded down, as a whole number of nanoseconds or a real one says."""
    whole, text = _cast_whole(text)
    whole = whole // _NANOSECONDS
    if whole.null_count() > text.null_count():
        real = text.cast(pl.Float64, strict=False) / _NANOSECONDS
        real = real.floor().clip(-(2.0**61), 2.0**61).replace([float("nan")], [None])
        frame = pl.DataFrame({"whole": whole, "real": real.cast(pl.Int64, strict=False)})
        whole = frame.select(pl.coalesce("whole", "real")).to_series()
    return whole.cast(UTC_TIME).rename(text.name)


def _parse_pattern(text: pl.Series, pattern: str, zone: str) -> pl.Series:
    patterns, zeros = chrono_patterns(pattern)
    trimmed = text.str.strip_chars()
    if zeros:
        trimmed = (trimmed + zeros).rename(text.name)
    zoned = has_offset(pattern)
    kind = UTC_TIME if zoned else pl.Datetime("us")
    tries = [trimmed.str.strptime(kind, each, strict=False) for each in patterns]
    times = tries[0]
    if len(tries) > 1:
        frame = pl.DataFrame([found.alias(str(n)) for n, found in enumerate(tries)])
        times = frame.select(pl.coalesce(pl.all())).to_series()
    return (times if zoned else local_to_utc(times, zone)).rename(text.name)
