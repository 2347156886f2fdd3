"""Removes what was erased from rows of fuse, and counts it, so that the counts add up."""

from __future__ import annotations

import polars as pl

from plait.contracts.quarantine_reasons import EVENTS_SOURCE
from plait.fusion.row_counts import ROW_COUNTS, count_by_platform
from plait.privacy.erased_rows import events_erased, raw_rows_erased
from plait.privacy.erasure import Erasures

REMOVED_ERASED = "removed:erased"
_NONE = pl.DataFrame(schema=ROW_COUNTS)


def remove_erased_events(
    rows: pl.DataFrame, erasures: Erasures
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the events that stay, and ROW_COUNTS of the others.

    Args:
        rows: account, object_kind, object_id, time, platform and other columns.
        erasures: the erasures.
    """
    if not erasures or not rows.height:
        return rows, _NONE
    gone = events_erased(rows, erasures)
    return rows.filter(~gone), count_by_platform(rows["platform"].filter(gone), REMOVED_ERASED)


def remove_erased_quarantine(
    rows: pl.DataFrame, erasures: Erasures
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the QUARANTINE rows that stay, and ROW_COUNTS that move the others to erased."""
    if not erasures or not rows.height:
        return rows, _NONE
    gone = raw_rows_erased(rows, erasures)
    counted = rows.filter(gone & (rows["source"] == EVENTS_SOURCE))
    before = count_by_platform(counted["platform"], "quarantined:" + counted["reason"])
    after = count_by_platform(counted["platform"], REMOVED_ERASED)
    return rows.filter(~gone), pl.concat([before.with_columns(-pl.col("n")), after])
