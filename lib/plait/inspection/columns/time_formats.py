"""Recognises how a column writes times: epochs by their size, ISO 8601, or a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from plait.clean.parse_times import EARLIEST_TIME, count_naive_times, parse_times

_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_SAMPLE = 2_000  # values
_ENOUGH = 0.9  # share of the values that a format must read
# Seconds since 1970 of plausible events, 1990 to 2100.
_SECONDS = (EARLIEST_TIME.timestamp(), _LATEST.timestamp())
_EPOCHS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_DATES = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d", "%d-%m-%Y",
    "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
    "%B %d, %Y", "%b %d %Y", "%m %d, %Y", "%Y.%m.%d", "%Y-%m", "%Y%m%d%H%M%S", "%d/%b/%Y",
    "%a %b %d %Y",
)  # fmt: skip
_CLOCKS = (
    "", " %H:%M:%S", " %H:%M", ", %H:%M", ", %H:%M:%S", " %I:%M:%S %p", " %I:%M %p", ", %I:%M %p",
    ", %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S.%f", " %H:%M:%S %z", ":%H:%M:%S %z", ":%H:%M:%S",
    " - %H:%M",
)  # fmt: skip
_WHOLE = (
    "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %Y %H:%M:%S", "%Y-%m-%d %H:%M:%S %z",
)  # fmt: skip
# A year, or a day with its month; without one, no pattern is tried.
_DATE_LIKE = r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d|\d[ -][A-Za-z]{3}[ -]\d\d"
_CLOCK = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s*[AaPp][Mm])?$"


@dataclass(frozen=True)
class TimeFormat:
    """How times are written.

    Attributes:
        unit: as in the project file.
        share: the share of the values that are times, 0 to 1.
        other: another pattern that reads all of them, too, with day and month exchanged; or ''.
        sorted_better: whether the order of rows tells the two patterns apart.
        day: whether all times are midnight.
        naive: whether times do not name their offset from UTC.
        order: the share of rows that are not earlier than the row before, 0 to 1.
    """

    unit: str
    share: float
    other: str = ""
    sorted_better: bool = False
    day: bool = False
    naive: bool = False
    order: float = 0.0


def recognise_times(values: pl.Series, *, named: bool = False) -> TimeFormat | None:
    """Returns the format of `values` if they are times, else null.

    Args:
        values: text without nulls.
        named: whether the column is named like a time, so that plain numbers may be epochs.
    """
    sample = values.head(_SAMPLE)
    if not len(sample):
        return None
    numbers = sample.cast(pl.Float64, strict=False)
    if numbers.null_count() == 0:
        return _recognise_epochs(sample, numbers) or _recognise_compact(sample, named=named)
    texts = sample.filter(sample.str.contains(r"\d"))
    if len(texts) < _ENOUGH * len(sample) or texts.str.len_chars().max() > 64:  # type: ignore[operator]
        return None
    share = _share_read(sample, "iso")
    if share >= _ENOUGH:
        return _describe(sample, "iso", share)
    return _recognise_pattern(sample)


def is_clock(values: pl.Series) -> bool:
    """Returns whether `values` are times of day, such as 14:05."""
    sample = values.head(_SAMPLE)
    return bool(len(sample) and sample.str.contains(_CLOCK).mean() >= _ENOUGH)  # type: ignore[operator]


def _recognise_epochs(sample: pl.Series, numbers: pl.Series) -> TimeFormat | None:
    middle = float(numbers.median() or 0)  # type: ignore[arg-type]
    for unit, factor in _EPOCHS.items():
        low, high = _SECONDS[0] * factor, _SECONDS[1] * factor
        if low <= middle < high:
            share = float(((numbers >= low) & (numbers < high)).mean() or 0)  # type: ignore[arg-type]
            return _describe(sample, unit, share) if share >= _ENOUGH else None
    return None


def _recognise_compact(sample: pl.Series, *, named: bool) -> TimeFormat | None:
    """Returns the format of dates such as 20240131, in a column that is named so."""
    if not named or not sample.str.contains(r"^(19|20)\d{6}(\d{4}(\d\d)?)?$").all():
        return None
    unit = "iso" if sample.str.len_chars().max() == 8 else "%Y%m%d%H%M%S"
    share = _share_read(sample, unit)
    return _describe(sample, unit, share) if share >= _ENOUGH else None


def _recognise_pattern(sample: pl.Series) -> TimeFormat | None:
    probe = sample.head(50)
    if float(probe.str.contains(_DATE_LIKE).mean() or 0) < 0.8:  # type: ignore[arg-type]
        return None
    patterns = [*_WHOLE, *(date + clock for date in _DATES for clock in _CLOCKS)]
    near = [pattern for pattern in patterns if _share_read(probe, pattern) >= 0.8]
    read = {pattern: _share_read(sample, pattern) for pattern in near}
    best = max(read.values(), default=0.0)
    if best < _ENOUGH:
        return None
    fits = [pattern for pattern, share in read.items() if share >= best - 1e-9]
    chosen = fits[0]
    twin = next((p for p in fits[1:] if p == _exchange(chosen)), "")
    if not twin:
        return _describe(sample, chosen, best)
    orders = {pattern: _order(sample, pattern) for pattern in (chosen, twin)}
    if "." not in chosen and abs(orders[chosen] - orders[twin]) < 0.05:
        spans = {pattern: _span(sample, pattern) for pattern in (chosen, twin)}
        short = min(spans, key=lambda pattern: spans[pattern])
        if 4 * spans[short] < max(spans.values()):  # days in a row, not the same day of each month
            return _describe(sample, short, best, other=twin if short == chosen else chosen)
        # American exports are the commoner ones with a slash.
        first = min(chosen, twin, key=lambda pattern: not pattern.startswith("%m"))
        second = twin if first == chosen else chosen
        return _describe(sample, first, best, other=second)
    first = max(orders, key=lambda pattern: orders[pattern])
    second = twin if first == chosen else chosen
    return _describe(sample, first, best, other=second, sorted_better=True)


def _exchange(pattern: str) -> str:
    return pattern.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _read(values: pl.Series, unit: str) -> pl.Series:
    times = parse_times(values, unit)
    known = (times >= EARLIEST_TIME) & (times < _LATEST)
    return times.to_frame("t").select(pl.when(pl.lit(known)).then("t")).to_series()


def _share_read(values: pl.Series, unit: str) -> float:
    return 1 - _read(values, unit).null_count() / len(values)


def _span(values: pl.Series, unit: str) -> float:
    """Returns the seconds between the first and the last of `values`."""
    times = _read(values, unit).drop_nulls().dt.timestamp("us")
    return float((times.max() or 0) - (times.min() or 0)) / 1e6  # type: ignore[operator,arg-type]


def _order(values: pl.Series, unit: str) -> float:
    times = _read(values, unit).drop_nulls().dt.timestamp("us").cast(pl.Float64)
    steps = times.diff().drop_nulls()
    if not len(steps):
        return 0.0
    return float(max((steps >= 0).mean(), (steps <= 0).mean()))  # type: ignore[type-var,arg-type]


def _describe(
    sample: pl.Series, unit: str, share: float, *, other: str = "", sorted_better: bool = False
) -> TimeFormat:
    times = _read(sample, unit).drop_nulls()
    day = bool(len(times)) and bool((times == times.dt.truncate("1d")).all())
    naive = count_naive_times(sample, unit) > 0
    return TimeFormat(unit, share, other, sorted_better, day, naive, _order(sample, unit))
