"""Lifts rows of the feedback log, written under an older pseudonym key, to the newest key."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.clean.content_id import content_id
from plait.privacy.lift_pseudonyms import lift_columns, lift_pseudonyms
from plait.privacy.pseudonym import PseudonymKey, is_given_id


def lift_feedback_events(
    rows: pl.DataFrame, key: PseudonymKey, of_accounts: Collection[str]
) -> pl.DataFrame:
    """Returns `rows` with all pseudonyms under the newest key.

    An event has then the id that it would have in a log that is read now. So an event that was
    posted before a rotation, and is in a log too, counts once. Other event ids are fingerprints
    that contain pseudonyms; they are computed again.

    Args:
        rows: EVENTS columns without `person`; and home.
        key: the pseudonym key.
        of_accounts: the platforms whose creators are accounts.
    """
    if not key.later:
        return rows
    creator = (pl.col("object_kind") == "creator") & pl.col("platform").is_in(list(of_accounts))
    lifted = lift_columns(rows, key, "account", "home", "session", "event_id").with_columns(
        object_id=pl.when(creator)
        .then(lift_pseudonyms(rows["object_id"], key))
        .otherwise("object_id")
    )
    names = ("account", "session", "object_id")
    moved = pl.any_horizontal(pl.lit(rows[name]).ne_missing(lifted[name]) for name in names)
    return lifted.with_columns(
        event_id=pl.when(moved & ~is_given_id(pl.col("event_id")))
        .then(content_id(lifted))
        .otherwise("event_id")
    )
