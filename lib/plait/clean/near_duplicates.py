"""Finds near duplicates: events that repeat another one of their account within seconds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

# Events that are equal in these fields can be near duplicates of each other.
_SAME = (
    "nr", "platform", "type", "object_kind", "object_id", "query_text", "value", "currency",
    "rating",
)  # fmt: skip
NEAR_DUPLICATE_COLUMNS = (*_SAME[1:], "time", "time_resolution", "dwell_s", "recommendation_id")
_DAY_US = 86_400_000_000
_QUARTER_US = 900_000_000  # midnight of every zone is a multiple
EXACT_RESOLUTIONS = ("us", "s")  # of `time_resolution`: a day or an order has no seconds


def find_near_duplicates(events: pl.DataFrame, seconds: Mapping[str, float]) -> pl.Series:
    """Returns whether each row of `events` is a near duplicate, [N] booleans.

    A burst begins with the first event that no earlier burst holds, and takes in all equal events
    within the platform's `seconds` of it. Of a burst the event with the longest dwell stays, then
    one that names a recommendation, then the first. Only exact times count. Those
    of an account are not exact if all are midnights, or if there are several and all are on a
    quarter of an hour.

    Args:
        events: NEAR_DUPLICATE_COLUMNS and nr, the number of the account, in the order of a history
            (by account or person, then time).
        seconds: the length of a burst on each platform; 0 or missing: nothing is removed.
    """
    longest = _to_us(max(seconds.values(), default=0))
    none = pl.zeros(events.height, pl.Boolean, eager=True)
    if longest == 0 or not events.height:
        return none
    places = _close_in_time(events["time"], longest)
    if not len(places):
        return none
    windows = {name: _to_us(window) for name, window in seconds.items()}
    timed = pl.col("time_resolution").is_in(EXACT_RESOLUTIONS)
    rows = events.select(*_SAME, "time", "time_resolution", "dwell_s", "recommendation_id")
    close = (
        rows[places]
        .lazy()
        .with_columns(place=pl.lit(pl.Series(places)))
        .filter(timed)
        .with_columns(window=pl.col("platform").replace_strict(windows, default=0))
        .filter(pl.col("window") > 0)
        .sort(*_SAME, "time", "place")
        .collect()
    )
    close = _drop_coarse(close, events)
    if close.height < 2:
        return none
    bursts = close.with_columns(burst=_number_bursts(close, longest)).filter(
        pl.len().over("burst") > 1
    )
    ordered = bursts.sort(
        "burst", "dwell_s", pl.col("recommendation_id").is_null(), "place",
        descending=[False, True, False, False], nulls_last=True,
    )  # fmt: skip
    removed = ordered.filter(~pl.col("burst").is_first_distinct())["place"]
    return none.scatter(removed, True) if removed.len() else none


def _drop_coarse(close: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Returns `close` without the rows of accounts whose times are days or hours.

    These are accounts of midnights (UTC), or of several times on a quarter of an hour.
    """
    at = pl.col("time").dt.epoch("us")
    suspects = close.filter(at % _QUARTER_US == 0)["nr"].unique()
    if not suspects.len():
        return close
    own = events.lazy().filter(pl.col("nr").is_in(suspects.implode()) & at.is_not_null())
    told = own.group_by("nr").agg(
        quarters=(at % _QUARTER_US == 0).all() & (at.n_unique() > 1),
        midnights=(at % _DAY_US == 0).all(),
    )
    coarse = told.filter(pl.col("quarters") | pl.col("midnights")).collect()["nr"]
    return close.filter(~pl.col("nr").is_in(coarse.implode()))


def _to_us(seconds: float) -> int:
    return round(seconds * 1e6)


def _close_in_time(times: pl.Series, longest: int) -> np.ndarray:
    """Returns the places of rows within `longest` microseconds of a neighbour, [M].

    Rows of one account lie in the order of time, so two that are close have only close rows
    between them. Other rows cannot be near duplicates. Neighbours of two people may be found too.
    """
    at = times.to_physical().fill_null(-(2**62)).to_numpy()
    gap = np.abs(np.diff(at))
    near = np.zeros(len(at) + 1, bool)
    near[1:-1] = gap <= longest
    found: np.ndarray = np.flatnonzero(near[:-1] | near[1:])
    return found


def _number_bursts(rows: pl.DataFrame, longest: int) -> pl.Series:
    """Returns the number of each row's burst; `rows` are sorted by _SAME, then time."""
    other = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(1)) for c in _SAME)
    heads = rows.select(other.fill_null(value=True)).to_series().to_numpy().copy()
    heads[0] = True
    window, at = rows["window"].to_numpy(), rows["time"].to_physical().to_numpy()
    # One axis for all groups: gaps are cut to just over a window, so nothing overflows.
    step = np.minimum(np.diff(at, prepend=at[0]), window + 1)
    step[heads] = longest + 1
    axis = np.cumsum(step)
    heads |= step > window
    # The next head after row i is the first row beyond its window. All heads follow from the
    # first ones by pointer doubling: after round k, those within 2^k jumps are known.
    jump = np.append(np.searchsorted(axis, axis + window, side="right"), len(axis))
    heads, count = np.append(heads, False), 0
    while count != (now := int(heads.sum())):
        count = now
        heads[jump[np.flatnonzero(heads)]] = True
        jump = jump[jump]
        heads[-1] = False
    return pl.Series("burst", np.cumsum(heads[:-1]))
