"""Turns local times of a zone into UTC, with its gaps and overlaps."""

from __future__ import annotations

import polars as pl

from plait.config.time_patterns import zone_offset

UTC_TIME = pl.Datetime("us", "UTC")
_SECOND = 1_000_000  # microseconds
_DAY = pl.duration(days=1)


def local_to_utc(local: pl.Series, zone: str) -> pl.Series:
    """Returns the UTC microseconds of times without a zone, as a clock in `zone` shows them.

    A time that occurs twice is the earlier one. A time that is skipped is moved forward by the
    length of the gap.

    Args:
        local: Datetime in microseconds without a time zone.
        zone: an IANA name, or an offset such as +02:00.
    """
    offset = zone_offset(zone)
    if offset is not None:
        utc = local.dt.replace_time_zone("UTC")
        return (utc.to_physical() - offset * _SECOND).cast(UTC_TIME) if offset else utc
    utc = _localise(local, zone)
    skipped = utc.is_null() & local.is_not_null()
    if not skipped.any():
        return utc
    # The clock still has the offset of the day before, which moves the time over the gap.
    times = pl.DataFrame({"local": local, "utc": utc})
    before = times.select(pl.col("local") - _DAY).to_series()
    moved = _localise(before, zone).alias("moved")
    return (
        times.with_columns(moved)
        .select(pl.coalesce("utc", pl.col("moved") + _DAY).alias(local.name))
        .to_series()
    )


def _localise(local: pl.Series, zone: str) -> pl.Series:
    """Returns UTC times; null where the clock skips `local`."""
    zoned = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
