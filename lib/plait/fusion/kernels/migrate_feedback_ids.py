"""Converts ids in feedback events of an older plait to their present form."""

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
    """Replaces raw event ids, and raw ids of creators that are accounts, by pseudonyms.

    Before contract 3, the feedback log held event ids as `platform:id` and creator ids in the
    clear. Rows of contract 3 are returned unchanged.

    Args:
        rows: EVENTS columns.
        key: the pseudonym key. Its oldest key is used, because such rows are older than the others.
        of_accounts: the platforms whose creators are accounts.
    """
    key = key.first
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
