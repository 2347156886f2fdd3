"""Makes sessions from the gaps between events, for accounts whose events name none."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.clean.fingerprint import fingerprint
from plait.clean.near_duplicates import EXACT_RESOLUTIONS

_PREFIX = "g_"  # sessions of a log are pseudonyms, which begin with s_


def make_sessions(events: pl.DataFrame, minutes: Mapping[str, float]) -> pl.DataFrame:
    """Returns `events` with a session on the events of accounts that have none at all.

    A session ends at a gap of more than the platform's `minutes`. Its id is g_<fingerprint of the
    account and the first event's id>. Only exact times count.

    Args:
        events: account, nr, event_id, platform, time, time_resolution, session and others, in the
            order of a history.
        minutes: the gap of each platform; other platforms get no sessions.
    """
    if not minutes or not events.height:
        return events
    gap = pl.col("platform").replace_strict(minutes, default=None, return_dtype=pl.Float64)
    bare = pl.col("session").is_null().all().over("nr")
    exact = pl.col("time_resolution").is_in(EXACT_RESOLUTIONS)
    rows = (
        events.with_columns(gap=gap)
        .with_row_index("place")
        .filter(bare & exact & pl.col("gap").is_not_null())
        .sort("nr", "place")
    )
    if not rows.height:
        return events
    since = pl.col("time").diff().over("nr").dt.total_microseconds()
    first = (since > pl.col("gap") * 60e6).fill_null(value=True)
    text = pl.concat_str("account", "event_id", separator="\x1f")
    named = rows.select("place", first=first, text=text)
    heads = fingerprint(named.filter("first")["text"])
    made = _PREFIX + heads.gather(named["first"].cum_sum() - 1)
    return events.with_columns(session=events["session"].scatter(named["place"], made))


def drop_made_sessions(events: pl.DataFrame) -> pl.DataFrame:
    """Returns `events` as they were before `make_sessions`, so that sessions can be made again."""
    if events["session"].null_count() == events.height:
        return events
    made = pl.col("session").str.starts_with(_PREFIX)
    return events.with_columns(session=pl.when(~made).then("session"))
