"""Parses times in ISO 8601, in its extended and basic formats, and their usual variants."""

from __future__ import annotations

import polars as pl

from plait.clean.time_zones import UTC_TIME, local_to_utc

_ZONED = "%Y-%m-%dT%H:%M:%S%.f%#z"
_NAIVE = "%Y-%m-%dT%H:%M:%S%.f"
_OFFSET = r"([Zz]|UTC|GMT|[+\-−]\d\d(?::?[0-5]\d)?)(?:\[[^\]]*\])?"
# Dates and times without separators are written with them before the rest is read.
_FROM_BASIC = (
    (r"^(\d{4})(\d\d)(\d\d)([Tt\s]|$)", "${1}-${2}-${3}${4}"),
    (r"[Tt](\d\d)(\d\d)(\d\d(?:[.,]\d+)?)([^\d:]|$)", "T${1}:${2}:${3}${4}"),
    (r"[Tt](\d\d)(\d\d)([^\d:]|$)", "T${1}:${2}${3}"),
)
_OTHER_DATES = {
    r"^(\d{4}-?W\d\d-?[1-7])([Tt\s]|$)": "%GW%V%u",
    r"^(\d{4}-\d{3})([Tt\s]|$)": "%Y%j",
}
_PARTS = (
    r"^(?<date>\d{4}-\d\d?-\d\d?)"
    r"(?:(?:[Tt]|\s+)(?<hour>\d\d?)(?::(?<minute>\d\d?)(?::(?<second>\d\d?)"
    r"(?:[.,](?<fraction>\d+))?)?)?)?"
    rf"\s*(?<offset>{_OFFSET})?$"
)
_NAMES_OFFSET = rf"(?:[Tt]|\d\s+)\d.*?{_OFFSET}\s*$"


def parse_iso_times(text: pl.Series, zone: str) -> pl.Series:
    """Returns UTC microseconds; null if `text` is not a time. Times without an offset are `zone`'s.

    The result for a text does not depend on the other texts.
    """
    times = text.str.strptime(UTC_TIME, _ZONED, strict=False).rename(text.name)
    for parse in (_parse_plain, _parse_spaced, _parse_offsets, _parse_variants):
        rest = times.is_null() & text.is_not_null()
        if not rest.any():
            break
        times = times.scatter(rest.arg_true(), parse(text.filter(rest), zone))
    return times


def count_naive_iso_times(text: pl.Series) -> int:
    """Returns how many texts do not name their offset from UTC."""
    given = text.drop_nulls()
    given = given.filter(~given.str.ends_with("Z"))
    return given.len() - int(given.str.contains(_NAMES_OFFSET).sum()) if given.len() else 0


def _parse_plain(text: pl.Series, zone: str) -> pl.Series:
    return local_to_utc(text.str.strptime(pl.Datetime("us"), _NAIVE, strict=False), zone)


def _parse_spaced(text: pl.Series, zone: str) -> pl.Series:
    """Returns the UTC times of texts with a space for the T, and of dates."""
    plain = text.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T")
    local = plain.str.strptime(pl.Datetime("us"), _NAIVE, strict=False)
    if local.null_count():
        shorter = [
            plain.str.strptime(pl.Datetime("us"), pattern, strict=False)
            for pattern in ("%Y-%m-%d", "%Y-%m-%dT%H:%M")
        ]
        local = pl.select(pl.coalesce(local, *shorter)).to_series()
    return local_to_utc(local, zone)


def _parse_offsets(text: pl.Series, zone: str) -> pl.Series:
    """Returns the UTC times of texts with a space for the T, and an offset or UTC."""
    del zone  # every such time names its offset
    plain = text.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T").str.replace(r" (UTC|GMT)$", "Z")
    return plain.str.strptime(UTC_TIME, _ZONED, strict=False)


def _with_calendar_dates(text: pl.Series) -> pl.Series:
    """Returns `text` with the date of a week (2024-W05-3) or of a year (2024-031) as a month's."""
    for dated, pattern in _OTHER_DATES.items():
        found = text.str.extract(dated)
        if found.null_count() < found.len():
            day = found.str.replace_all("-", "", literal=True).str.strptime(
                pl.Date, pattern, strict=False
            )
            written = day.dt.strftime("%Y-%m-%d") + text.str.replace(dated, "${2}")
            text = text.zip_with(day.is_null(), written)
    return text


def _parse_variants(text: pl.Series, zone: str) -> pl.Series:
    """Returns the UTC times of texts in rarer forms."""
    plain = _with_calendar_dates(text.str.strip_chars())
    for basic, extended in _FROM_BASIC:
        plain = plain.str.replace(basic, extended)
    parts = plain.str.extract_groups(_PARTS).struct.unnest()
    hour = pl.col("hour").cast(pl.Int32).fill_null(0)
    clock = [pl.col(name).fill_null("0") for name in ("minute", "second", "fraction")]
    midnight = (hour == 24) & pl.all_horizontal(part.str.contains("^0*$") for part in clock)
    stamp = pl.format("{}T{}:{}:{}.{}", "date", pl.when(midnight).then(0).otherwise(hour), *clock)
    digits = pl.col("offset").str.replace_all(r"\D", "")
    seconds = (
        digits.str.head(2).cast(pl.Int64, strict=False).fill_null(0) * 3600
        + digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0) * 60
    )
    west = pl.col("offset").str.contains("^[-−]")
    parts = parts.select(
        stamp.str.strptime(pl.Datetime("us"), _NAIVE, strict=False).alias("local")
        + pl.when(midnight).then(pl.duration(days=1)).otherwise(pl.duration(days=0)),
        pl.when(pl.col("offset").is_not_null() & (seconds < 24 * 3600))
        .then(pl.when(west).then(-seconds).otherwise(seconds))
        .alias("east"),
        wrong=seconds >= 24 * 3600,
    )
    utc = pl.col("local").dt.replace_time_zone("UTC") - pl.duration(seconds="east")
    parts = parts.with_columns(
        local_to_utc(parts["local"], zone).alias("local_utc"), utc.alias("utc")
    )
    return parts.select(
        pl.when(~pl.col("wrong")).then(
            pl.when(pl.col("east").is_null()).then("local_utc").otherwise("utc")
        )
    ).to_series()
