"""One event, once: exact repeats go, and of rows that claim one id the last one stays."""

from __future__ import annotations

import polars as pl

from plait.contracts.vocabulary import TIME_RESOLUTIONS
from plait.fusion.counts import COUNTS, merge_counts, tally

# The order of a history; equal events stand side by side in it. See features/braid.py.
ORDER = ("who", "time", "order", "event_id")
_LAST = ("time", "order", "content")
_FINEST = pl.col("time_resolution").cast(pl.Enum(TIME_RESOLUTIONS))


def dedupe(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns each event once, in the order of histories, and COUNTS of what went.

    Rows with a fingerprint for an id are equal if the ids are. Rows with a given id
    (`content` set) may contradict each other: the one with the latest time, then order, then
    content supersedes the others, whatever the order of rows. Of equal rows, one of a log and
    one posted, say, the one with the finest time stays.

    Args:
        rows: who, event_id, platform, time, order, content and any other columns.
    """
    counts = pl.DataFrame(schema=COUNTS)
    mixed = "time_resolution" in rows.columns and rows["time_resolution"].n_unique() > 1
    finest = [_FINEST] if mixed else []
    if rows["content"].null_count() < rows.height:
        plain = pl.col("content").is_null()
        given, counts = _last_of_given(rows.filter(~plain), finest)
        rows = pl.concat([rows.filter(plain), given])
    rows = rows.sort(*ORDER, *finest, nulls_last=False)
    repeats = rows["event_id"] == rows["event_id"].shift(1)
    if not repeats.any():
        return rows, counts
    repeats = repeats.fill_null(value=False)
    gone = tally(rows["platform"].filter(repeats), "duplicates")
    return rows.filter(~repeats), merge_counts(pl.concat([counts, gone]))


def _last_of_given(rows: pl.DataFrame, finest: list[pl.Expr]) -> tuple[pl.DataFrame, pl.DataFrame]:
    latest = [True] * len(_LAST) + [False] * len(finest)
    ordered = rows.sort(*_LAST, *finest, descending=latest, nulls_last=True)
    kept = ordered.unique("event_id", keep="first", maintain_order=True)
    if kept.height == rows.height:
        return rows, pl.DataFrame(schema=COUNTS)
    distinct = rows.select("platform", "event_id", "content").unique(["event_id", "content"])
    return kept, pl.concat(
        [
            _less(tally(rows["platform"], "duplicates"), tally(distinct["platform"], "duplicates")),
            _less(tally(distinct["platform"], "superseded"), tally(kept["platform"], "superseded")),
        ]
    )


def _less(more: pl.DataFrame, fewer: pl.DataFrame) -> pl.DataFrame:
    return merge_counts(pl.concat([more, fewer.with_columns(-pl.col("n"))])).filter(pl.col("n") > 0)


def contested(claims: pl.DataFrame) -> pl.DataFrame:
    """Returns event_id and account of claims that lose an id to another account.

    Args:
        claims: event_id, account, time, order, content; all claims of an id at once.
    """
    rivals = claims.filter(pl.col("account").n_unique().over("event_id") > 1)
    ordered = rivals.sort(*_LAST, "account", descending=True, nulls_last=True)
    winner = ordered.unique("event_id", keep="first", maintain_order=True)
    losers = rivals.join(winner, on=["event_id", "account"], how="anti")
    return losers.select("event_id", "account").unique()
