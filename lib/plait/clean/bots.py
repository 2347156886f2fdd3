"""Finds bots and crawlers: measures accounts with many events, and applies the rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from plait.clean.near_duplicates import EXACT_RESOLUTIONS
from plait.config.denoise_settings import BotRules
from plait.contracts.store_tables import BOTS

_OBJECT = ("object_kind", "object_id", "query_text")
BOT_COLUMNS = ("account", "platform", "time", "time_resolution", *_OBJECT)
_DIGITS = 6  # figures are rounded, so that rules do not depend on the order of a sum
_HOUR_US = 3_600_000_000
_BUSY_MINUTES = 20  # minutes of a fast hour with events; an import takes fewer
_FASTER, _FASTER_HOURS = 3, 3  # hours of three times the events need no regular gaps


def find_bots(events: pl.DataFrame, rules: Mapping[str, BotRules]) -> pl.DataFrame:
    """Returns BOTS: the accounts among `events` that a rule holds for.

    - fast_and_regular: one hour of the clock is fast, and gap_variation is small enough.
    - fast_and_broad: three hours are three times as fast, and breadth is large enough.
    - sleepless_and_regular, sleepless_and_broad: longest_hours >= sleepless_hours and the
      hour_entropy is high enough, and gap_variation is small or breadth is large enough.

    An hour is fast if it has events_per_hour visits and events in 20 of its minutes. Events in
    succession on one object are one visit, so the reports of a player are no crawl. An import of
    many rows within minutes is none either.

    Args:
        events: BOT_COLUMNS and nr, the number of the account; all events of each account.
        rules: the rules of each platform; without rules nobody is a bot.
    """
    active = {platform: rule for platform, rule in rules.items() if rule.remove}
    heavy = _heavy(events, min((rule.min_events for rule in active.values()), default=0))
    found = [BOTS.empty()]
    for platform, rule in active.items() if heavy.height else ():
        suspects = _suspects(heavy.filter(pl.col("platform") == platform), rule)
        if suspects.len():
            rows = _exact(events.filter(pl.col("nr").is_in(suspects.implode())))
            rows = rows.filter(pl.col("platform") == platform)
            figures = measure_accounts(rows, rule.pause_hours)
            speed = _count_fast_hours(rows, rule.events_per_hour)
            found.append(_apply_rules(figures.join(speed, on="nr"), rule))
    return pl.concat(found).sort("account")


def measure_accounts(events: pl.DataFrame, pause_hours: float) -> pl.DataFrame:
    """Returns the figures of BOTS of every account in `events`, without `reason`.

    Args:
        events: BOT_COLUMNS and nr of exact events, of one platform.
        pause_hours: a longer time without an event is a pause.
    """
    rows = events.sort("nr", "time", *_OBJECT).with_columns(
        gap=pl.col("time").diff().over("nr").dt.total_microseconds()
    )
    rows = rows.with_columns(
        hour=pl.col("time").dt.truncate("1h"),
        pause=(pl.col("gap").is_null() | (pl.col("gap") > pause_hours * _HOUR_US)),
    ).with_columns(activity=pl.col("pause").cum_sum())
    whole = rows.group_by("nr", maintain_order=True).agg(
        pl.col("account").first(),
        pl.col("platform").first(),
        events=pl.len().cast(pl.Int64),
        active_hours=pl.col("hour").n_unique().cast(pl.Int64),
        first_time=pl.col("time").min(),
        last_time=pl.col("time").max(),
        gap_variation=_variation(pl.col("gap").filter(~pl.col("pause"))),
    )
    activity = rows.group_by("nr", "activity").agg(
        hours=(pl.col("time").max() - pl.col("time").min()).dt.total_microseconds() / _HOUR_US
    )
    day = rows.group_by("nr", pl.col("hour").dt.hour()).len()
    objects = rows.group_by("nr", *_OBJECT).len()
    for part in (
        activity.group_by("nr").agg(longest_hours=pl.col("hours").max().round(_DIGITS)),
        rows.group_by("nr", "hour").len("n").group_by("nr").agg(
            max_per_hour=pl.col("n").max().cast(pl.Int64)
        ),
        day.sort("nr", "len").group_by("nr").agg(hour_entropy=_entropy()),
        objects.sort("nr", "len").group_by("nr").agg(
            objects=pl.len().cast(pl.Int64), object_entropy=_entropy()
        ),
    ):  # fmt: skip
        whole = whole.join(part, on="nr")
    return whole.with_columns(
        breadth=(pl.col("objects") / pl.col("events")).round(_DIGITS),
        events_per_hour=(pl.col("events") / pl.col("active_hours")).round(_DIGITS),
    )


def _count_fast_hours(events: pl.DataFrame, least: int) -> pl.DataFrame:
    """Returns nr, fast_hours and faster_hours: how many hours of the clock are fast, and faster."""
    rows = events.sort("nr", "time", *_OBJECT)
    other = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(1)) for c in ("nr", *_OBJECT))
    rows = rows.with_columns(visit=other.fill_null(value=True))
    hours = rows.group_by("nr", hour=pl.col("time").dt.truncate("1h")).agg(
        visits=pl.col("visit").sum(),
        minutes=pl.col("time").dt.minute().n_unique(),
    )
    steady = pl.col("minutes") >= _BUSY_MINUTES
    return hours.group_by("nr").agg(
        fast_hours=(steady & (pl.col("visits") >= least)).sum(),
        faster_hours=(steady & (pl.col("visits") >= _FASTER * least)).sum(),
    )


def _heavy(events: pl.DataFrame, least: int) -> pl.DataFrame:
    """Returns nr, platform and time of the exact events of accounts with at least `least`."""
    numbers = events["nr"].to_numpy()
    many = np.bincount(numbers) >= least
    if not many.any():  # the usual case
        return events.clear()
    heavy = events.select("nr", "platform", "time", "time_resolution").filter(many[numbers])
    return _exact(heavy)


def _exact(events: pl.DataFrame) -> pl.DataFrame:
    return events.filter(pl.col("time_resolution").is_in(EXACT_RESOLUTIONS))


def _suspects(rows: pl.DataFrame, rule: BotRules) -> pl.Series:
    """Returns nr of accounts that are fast, or active for long enough to be sleepless.

    Every rule needs one of the two. They are cheap to find, and few people have either.
    """
    ordered = rows.select("nr", at=pl.col("time").dt.epoch("us")).sort("nr", "at")
    nr, at = ordered["nr"].to_numpy(), ordered["at"].to_numpy()
    other = np.diff(nr, prepend=nr[:1]) != 0
    pause = other | (np.diff(at, prepend=at[:1]) > rule.pause_hours * _HOUR_US)
    first, last = _runs(pause)
    awake = at[last] - at[first] >= rule.sleepless_hours * _HOUR_US
    hour = at // _HOUR_US
    begin, end = _runs(other | (np.diff(hour, prepend=hour[:1]) != 0))
    fast = end - begin + 1 >= rule.events_per_hour
    found = np.unique(np.concatenate([nr[first[awake]], nr[begin[fast]]]))
    many = np.bincount(nr, minlength=1)[found] >= rule.min_events
    return pl.Series(found[many], dtype=pl.UInt32)


def _runs(starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first and the last place of each run; `starts` [N] is true where one begins."""
    first = np.flatnonzero(np.append(np.ones(min(len(starts), 1), bool), starts[1:]))
    return first, np.append(first[1:], len(starts))[: len(first)] - 1


def _apply_rules(figures: pl.DataFrame, rule: BotRules) -> pl.DataFrame:
    fast = pl.col("fast_hours") > 0
    faster = pl.col("faster_hours") >= _FASTER_HOURS
    regular = (pl.col("gap_variation") <= rule.gap_variation).fill_null(value=False)
    broad = pl.col("breadth") >= rule.breadth
    sleepless = (pl.col("longest_hours") >= rule.sleepless_hours) & (
        pl.col("hour_entropy") >= rule.hour_entropy
    )
    reason = (
        pl.when(fast & regular)
        .then(pl.lit("fast_and_regular"))
        .when(faster & broad)
        .then(pl.lit("fast_and_broad"))
        .when(sleepless & regular)
        .then(pl.lit("sleepless_and_regular"))
        .when(sleepless & broad)
        .then(pl.lit("sleepless_and_broad"))
    )
    return BOTS.conform(figures.with_columns(reason=reason).drop_nulls("reason"))


def _variation(gaps: pl.Expr) -> pl.Expr:
    """Returns the standard deviation divided by the mean; null if the mean is 0."""
    mean = gaps.mean()
    return pl.when(mean > 0).then((gaps.std(ddof=0) / mean).round(_DIGITS))


def _entropy() -> pl.Expr:
    """Returns the entropy of the counts `len` of a group, in bits; sorted, so it is exact."""
    share = pl.col("len") / pl.col("len").sum()
    return (-(share * share.log(2)).sum()).round(_DIGITS).abs()
