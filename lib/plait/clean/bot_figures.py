"""The figures of accounts by which bots are told from people."""

from __future__ import annotations

import polars as pl

from plait.config.denoise_settings import BotRules

_OBJECT = ("object_kind", "object_id", "query_text")
BOT_COLUMNS = ("account", "platform", "time", "time_resolution", *_OBJECT)
HOUR_US = 3_600_000_000
_DIGITS = 6  # figures are rounded, so that rules do not depend on the order of a sum
_BUSY_MINUTES = 20  # minutes of a fast hour with events; an import takes fewer
_FASTER = 3  # times the events of a fast hour


def measure_accounts(
    events: pl.DataFrame, rule: BotRules, only: pl.Expr | None = None
) -> pl.DataFrame:
    """Returns the figures of BOTS of every account in `events`, without `reason`.

    And fast_hours and faster_hours: how many hours of the clock are fast, and faster.

    Args:
        events: BOT_COLUMNS and nr of exact events of one platform, in the order of a history.
        rule: what is a pause, and what is fast.
        only: a condition on gap_variation and breadth. Other accounts are left out early.
    """
    rows = _with_gaps(events, rule.pause_hours)
    whole = rows.group_by("nr", maintain_order=True).agg(
        pl.col("account").first(),
        pl.col("platform").first(),
        events=pl.len().cast(pl.Int64),
        objects=pl.col("object").n_unique().cast(pl.Int64),
        first_time=pl.col("time").first(),
        last_time=pl.col("time").last(),
        gap_variation=_variation(pl.col("gap").filter(~pl.col("pause"))),
    )
    whole = whole.with_columns(breadth=(pl.col("objects") / pl.col("events")).round(_DIGITS))
    if only is not None:
        whole = whole.filter(only)
        rows = rows.join(whole, on="nr", how="semi", maintain_order="left")
    hours = rows.group_by("nr", "hour").agg(n=pl.len().cast(pl.Int64), visits=pl.col("visit").sum())
    activity = rows.group_by("nr", "activity").agg(
        hours=(pl.col("time").last() - pl.col("time").first()).dt.total_microseconds() / HOUR_US
    )
    day = hours.group_by("nr", pl.col("hour").dt.hour()).agg(len=pl.col("n").sum())
    objects = rows.group_by("nr", "object").len()
    for part in (
        hours.group_by("nr").agg(
            active_hours=pl.len().cast(pl.Int64), max_per_hour=pl.col("n").max()
        ),
        activity.group_by("nr").agg(longest_hours=pl.col("hours").max().round(_DIGITS)),
        day.sort("nr", "len").group_by("nr").agg(hour_entropy=_entropy()),
        objects.sort("nr", "len").group_by("nr").agg(object_entropy=_entropy()),
    ):
        whole = whole.join(part, on="nr")
    fast = _count_fast_hours(rows, hours, rule.events_per_hour)
    return whole.join(fast, on="nr", how="left").with_columns(
        pl.col("fast_hours", "faster_hours").fill_null(0),
        events_per_hour=(pl.col("events") / pl.col("active_hours")).round(_DIGITS),
    )


def _with_gaps(events: pl.DataFrame, pause_hours: float) -> pl.DataFrame:
    """Returns the events by account, with hour, gap (us), pause, activity, object and visit."""
    same = pl.col("nr") == pl.col("nr").shift(1)
    gap, here = pl.col("gap"), pl.col("object")
    return (
        events.sort("nr", maintain_order=True)
        .with_columns(
            hour=pl.col("time").dt.truncate("1h"),
            gap=pl.when(same).then(pl.col("time").diff().dt.total_microseconds()),
            object=pl.struct(_OBJECT).hash(),
        )
        .with_columns(
            pause=gap.is_null() | (gap > pause_hours * HOUR_US),
            visit=(~same | (here != here.shift(1))).fill_null(value=True),
        )
        .with_columns(activity=pl.col("pause").cum_sum())
    )


def _count_fast_hours(rows: pl.DataFrame, hours: pl.DataFrame, least: int) -> pl.DataFrame:
    """Returns nr, fast_hours and faster_hours of the accounts that have a fast hour."""
    full = hours.filter(pl.col("visits") >= least).select("nr", "hour", "visits")
    minutes = (
        rows.join(full, on=["nr", "hour"])
        .group_by("nr", "hour")
        .agg(pl.col("visits").first(), minutes=pl.col("time").dt.minute().n_unique())
    )
    steady = minutes.filter(pl.col("minutes") >= _BUSY_MINUTES)
    return steady.group_by("nr").agg(
        fast_hours=pl.len(), faster_hours=(pl.col("visits") >= _FASTER * least).sum()
    )


def _variation(gaps: pl.Expr) -> pl.Expr:
    """Returns the standard deviation divided by the mean; null if the mean is 0."""
    mean = gaps.mean()
    return pl.when(mean > 0).then((gaps.std(ddof=0) / mean).round(_DIGITS))


def _entropy() -> pl.Expr:
    """Returns the entropy of the counts `len` of a group, in bits; sorted, so it is exact."""
    share = pl.col("len") / pl.col("len").sum()
    return (-(share * share.log(2)).sum()).round(_DIGITS).abs()
