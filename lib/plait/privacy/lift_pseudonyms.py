"""Brings pseudonyms of an older key to the newest key of the chain, without raw ids."""

from __future__ import annotations

import polars as pl

from plait.privacy.map_distinct import map_distinct
from plait.privacy.pseudonym import (
    HASH_CHARACTERS,
    PseudonymKey,
    hash_on,
    is_account_pseudonym,
)


def lift_pseudonyms(values: pl.Series, key: PseudonymKey) -> pl.Series:
    """Returns `values` with pseudonyms (a_, s_, e_) of an older key of `key` under all its keys.

    A pseudonym may follow a platform and a colon. All other values stay: pseudonyms of the newest
    key, those of unknown keys (see `has_unknown_key`), and what is no pseudonym. Each distinct
    value is hashed once.
    """
    older = {stage.id: key.later[len(stage.later) :] for stage in key.stages if stage.id != key.id}
    if not older or not values.str.contains_any([f"_{id_}_" for id_ in older]).any():
        return values
    value = pl.col("value")
    place = value.str.len_chars().cast(pl.Int64) - (HASH_CHARACTERS + len("a_1234_"))
    lifted = value
    for id_, later in older.items():
        made = pl.concat_str(
            value.str.head(place),  # a platform and a colon, or nothing
            value.str.slice(place, 1),
            pl.lit(f"_{key.id}_"),
            hash_on(value.str.tail(HASH_CHARACTERS), later),
        )
        here = value.str.contains(rf"(?:^|:)[aes]_{id_}_[0-9a-f]{{{HASH_CHARACTERS}}}$")
        lifted = pl.when(here).then(made).otherwise(lifted)

    def change(distinct: pl.Series) -> pl.Series:
        return distinct.alias("value").to_frame().select(lifted).to_series()

    return map_distinct(values, change)


def lift_columns(rows: pl.DataFrame, key: PseudonymKey, *names: str) -> pl.DataFrame:
    """Returns `rows` with the pseudonyms in the columns `names` lifted; see lift_pseudonyms."""
    if not key.later:
        return rows
    return rows.with_columns(lift_pseudonyms(rows[name], key).alias(name) for name in names)


def has_unknown_key(account: pl.Expr, key: PseudonymKey) -> pl.Expr:
    """Returns whether an account has a pseudonym of a key that is not in the chain `key`."""
    known = "|".join(stage.id for stage in key.stages)
    return is_account_pseudonym(account) & ~account.str.contains(f"^a_(?:{known})_")
