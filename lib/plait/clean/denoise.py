"""Separates noise from events: bots first, then near duplicates; and makes sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.clean.bot_figures import BOT_COLUMNS
from plait.clean.bots import find_bots
from plait.clean.gap_sessions import make_sessions
from plait.clean.near_duplicates import NEAR_DUPLICATE_COLUMNS, find_near_duplicates
from plait.config.denoise_settings import DenoiseSettings

DENOISE_COLUMNS = tuple(sorted({*NEAR_DUPLICATE_COLUMNS, *BOT_COLUMNS, "event_id", "session"}))
REMOVED_AS = "removed_as"  # the column that says why: a value of the row counts' `removed`
BOT, NEAR_DUPLICATE = "bot", "near_duplicate"


@dataclass(frozen=True)
class DenoisedEvents:
    """The events that are kept, those that are removed, and why.

    Attributes:
        events: the rows that are kept.
        removed: the removed rows, with `removed_as`.
        bots: BOTS.
    """

    events: pl.DataFrame
    removed: pl.DataFrame
    bots: pl.DataFrame


def denoise(events: pl.DataFrame, settings: Mapping[str, DenoiseSettings]) -> DenoisedEvents:
    """Returns `events` without noise. The result depends on the set of events alone.

    Args:
        events: all events of each account, each event once, in the order of a history:
            DENOISE_COLUMNS and nr, the number of the account, and any other columns.
        settings: the settings of each platform.
    """
    bots = find_bots(events, {name: each.bots for name, each in settings.items()})
    reason = pl.lit(None, pl.String).alias(REMOVED_AS)
    removed = [events.clear().with_columns(reason)]
    if bots.height:
        of_bots = events["account"].is_in(bots["account"].implode())
        removed.append(events.filter(of_bots).with_columns(reason.fill_null(BOT)))
        events = events.filter(~of_bots)
    windows = {name: each.near_duplicate_seconds for name, each in settings.items()}
    repeats = find_near_duplicates(events, windows)
    if repeats.any():
        removed.append(events.filter(repeats).with_columns(reason.fill_null(NEAR_DUPLICATE)))
        events = events.filter(~repeats)
    gaps = {name: each.session_gap_minutes for name, each in settings.items()}
    events = make_sessions(events, {name: gap for name, gap in gaps.items() if gap is not None})
    return DenoisedEvents(events, pl.concat(removed), bots)
