"""Events of the feedback log that an older plait wrote, with the ids that it would give today."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.clean.content_id import content_id
from plait.privacy.pseudonym import (
    PseudonymKey,
    account_pseudonym_expr,
    event_pseudonym,
    is_account_pseudonym,
    is_given_id,
)


def migrate_feedback_ids(
    rows: pl.DataFrame, key: PseudonymKey, of_accounts: Collection[str]
) -> pl.DataFrame:
    """Returns `rows` with given event ids and creators that are accounts as pseudonyms.

    Before contract 3 an event id was written `platform:id` as it was given, and a creator as a
    client named it.

    Args:
        rows: EVENTS columns.
        key: the pseudonym key.
        of_accounts: platforms whose creators are accounts.
    """
    platform, account = pl.col("platform"), pl.col("account")
    given = pl.col("event_id").str.slice(platform.str.len_chars() + 1)
    open_id = pl.col("event_id").str.contains(":", literal=True)
    creator = pl.col("object_id").str.slice(platform.str.len_chars() + 1)
    open_creator = (
        (pl.col("object_kind") == "creator")
        & platform.is_in(list(of_accounts))
        & ~is_account_pseudonym(creator)
    )
    if not rows.select((open_id | open_creator).any()).item():
        return rows
    hidden = pl.concat_str(platform, pl.lit(":"), account_pseudonym_expr(creator, key, platform))
    rows = rows.with_columns(
        event_id=pl.when(open_id)
        .then(event_pseudonym(given, account, key, platform))
        .when(~open_creator | is_given_id(pl.col("event_id")))
        .then("event_id"),
        object_id=pl.when(open_creator).then(hidden).otherwise("object_id"),
    )
    return rows.with_columns(pl.col("event_id").fill_null(content_id(rows)))
