"""Removes duplicate events. Of rows with the same given id, the latest one stays."""

from __future__ import annotations

import polars as pl

from plait.contracts.event_types import TIME_RESOLUTIONS
from plait.fusion.kernels.sort_history import sort_history
from plait.fusion.row_counts import ROW_COUNTS, count_by_platform, merge_counts

_RESOLUTION_RANK = pl.col("time_resolution").cast(pl.Enum(TIME_RESOLUTIONS))


def dedupe(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns each event once, sorted by HISTORY_ORDER, and ROW_COUNTS of the removed rows.

    An event id is either a fingerprint of the row or a given id (`content` is set). Rows with the
    same fingerprint are equal. Rows with the same given id may differ. Then the row with the
    latest stamped time supersedes the others; ties are broken by order, then by content. The
    order of `rows` does not matter. Of equal rows, the one received first stays, then the one
    with the finest time resolution. If any row of an event has a recommendation_id, the event
    keeps one: the greatest.

    Args:
        rows: who, event_id, platform, time, stamped, order, content and any other columns.
    """
    counts = pl.DataFrame(schema=ROW_COUNTS)
    rows = _share_recommendation_ids(rows)
    mixed = "time_resolution" in rows.columns and rows["time_resolution"].n_unique() > 1
    finest = [_RESOLUTION_RANK] if mixed else []
    if rows["content"].null_count() < rows.height:
        plain = pl.col("content").is_null()
        given, counts = _keep_latest_given(rows.filter(~plain), finest)
        rows = pl.concat([rows.filter(plain), given])
    if _has_stamps(rows):
        rows, more = _keep_first_received(rows, finest)
        counts = pl.concat([counts, more])
    rows = sort_history(rows, finest)
    repeats = rows["event_id"] == rows["event_id"].shift(1)
    if not repeats.any():
        return rows, counts
    repeats = repeats.fill_null(value=False)
    gone = count_by_platform(rows["platform"].filter(repeats), "duplicates")
    return rows.filter(~repeats), merge_counts(pl.concat([counts, gone]))


def _share_recommendation_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives each row the greatest recommendation_id of the rows with its event id."""
    column = "recommendation_id"
    if column not in rows.columns or rows[column].null_count() == rows.height:
        return rows
    named = rows.drop_nulls(column).group_by("event_id").agg(pl.col(column).max())
    return rows.drop(column).join(named, on="event_id", how="left", maintain_order="left")


def _keep_latest_given(
    rows: pl.DataFrame, finest: list[pl.Expr]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    stamp = [pl.coalesce("stamped", "time")] if _has_stamps(rows) else []
    last = [*stamp, "order", "content"] if stamp else ["time", "order", "content"]
    latest = [True] * len(last) + [False] * (1 + len(finest))
    ordered = rows.sort(*last, "time", *finest, descending=latest, nulls_last=True)
    kept = ordered.unique("event_id", keep="first", maintain_order=True)
    if kept.height == rows.height:
        return rows, pl.DataFrame(schema=ROW_COUNTS)
    distinct = rows.select("platform", "event_id", "content").unique(["event_id", "content"])
    return kept, pl.concat(
        [
            _subtract_counts(
                count_by_platform(rows["platform"], "duplicates"),
                count_by_platform(distinct["platform"], "duplicates"),
            ),
            _subtract_counts(
                count_by_platform(distinct["platform"], "superseded"),
                count_by_platform(kept["platform"], "superseded"),
            ),
        ]
    )


def _has_stamps(rows: pl.DataFrame) -> bool:
    return "stamped" in rows.columns and rows["stamped"].null_count() < rows.height


def _keep_first_received(
    rows: pl.DataFrame, finest: list[pl.Expr]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keeps one of several equal rows whose times differ because they were received separately."""
    ids = rows.filter(pl.col("stamped").is_not_null())["event_id"].unique()
    here = pl.col("event_id").is_in(ids.implode())
    found = rows.filter(here)
    kept = found.sort("time", "order", *finest).unique("event_id", keep="first")
    gone = _subtract_counts(
        count_by_platform(found["platform"], "duplicates"),
        count_by_platform(kept["platform"], "duplicates"),
    )
    return pl.concat([rows.filter(~here), kept]), gone


def _subtract_counts(more: pl.DataFrame, fewer: pl.DataFrame) -> pl.DataFrame:
    return merge_counts(pl.concat([more, fewer.with_columns(-pl.col("n"))])).filter(pl.col("n") > 0)
