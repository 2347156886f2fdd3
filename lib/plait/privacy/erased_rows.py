"""Which rows an erasure takes away, by the kind of row."""

from __future__ import annotations

import polars as pl

from plait.privacy.erasure import Erasures

_LINK_ENDS = ("account_a", "account_b", "apart")


def events_erased(rows: pl.DataFrame, erasures: Erasures) -> pl.Series:
    """Returns whether each event is erased: its account is, or the account that it is about.

    Args:
        rows: account, object_kind, object_id and time.
        erasures: the erasures.
    """
    gone = erasures.covers(rows["account"], rows["time"])
    creators = rows["object_kind"] == "creator"
    if not creators.any():
        return gone
    about = rows.select(
        pl.when(pl.col("object_kind") == "creator").then(
            pl.col("object_id").str.extract(r":(a_[0-9a-f]{4}_[0-9a-f]{32})$")
        )
    ).to_series()
    return gone | erasures.covers(about, rows["time"])


def raw_rows_erased(rows: pl.DataFrame, erasures: Erasures) -> pl.Series:
    """Returns whether each QUARANTINE row shows an erased account. Its time is unknown."""
    return erasures.covers(rows["raw"].str.json_path_match("$.account"))


def without_erased(rows: pl.DataFrame, erasures: Erasures) -> pl.DataFrame:
    """Returns `rows` of a folder of the feedback log without what is erased.

    These are events, links, impressions, or other rows with an account and a time. An impression of
    another account stays, without the person id, if that is erased.
    """
    if not erasures:
        return rows
    if "account_a" in rows.columns:
        for name in _LINK_ENDS:  # an older plait did not write all of them
            if name in rows.columns:
                rows = rows.filter(~erasures.covers(rows[name], rows["time"]))
        return rows
    if "object_kind" in rows.columns:
        return rows.filter(~events_erased(rows, erasures))
    if "account" not in rows.columns:
        return rows
    gone = erasures.covers(rows["account"], rows["time"])
    person = next((n for n in ("person_served", "person") if n in rows.columns), None)
    if person is not None:
        unnamed = erasures.covers(rows[person], rows["time"])
        gone |= rows["account"].is_null() & unnamed
        if unnamed.any():
            rows = rows.with_columns(pl.when(~unnamed).then(person).alias(person))
    return rows.filter(~gone)
