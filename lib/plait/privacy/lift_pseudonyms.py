"""Brings pseudonyms of an older key to the newest key of the chain, without raw ids."""

from __future__ import annotations

import polars as pl

from plait.privacy.pseudonym import PseudonymKey, hash_on

_PARTS = r"^(?<before>.*:)?(?<kind>[aes])_(?<id>[0-9a-f]{4})_(?<hash>[0-9a-f]{32})$"


def lift_pseudonyms(values: pl.Series, key: PseudonymKey) -> pl.Series:
    """Returns `values` with pseudonyms (a_, s_, e_) of an older key of `key` under all its keys.

    A pseudonym may follow a platform and a colon. All other values stay: pseudonyms of the newest
    key, those of unknown keys (see `has_unknown_key`), and what is no pseudonym. Each distinct
    value is hashed once.
    """
    if not key.later or values.null_count() == values.len():
        return values
    made = dict(zip((stage.id for stage in key.stages), range(len(key.stages)), strict=True))
    older = [id_ for id_ in made if id_ != key.id]
    parts = values.unique().alias("value").to_frame()
    parts = parts.with_columns(pl.col("value").str.extract_groups(_PARTS).alias("part"))
    found = parts.unnest("part").filter(pl.col("id").is_in(older))
    if found.is_empty():
        return values
    lifted = pl.concat(
        part.select(
            "value",
            new=pl.concat_str(
                pl.col("before").fill_null(""),
                "kind",
                pl.lit(f"_{key.id}_"),
                hash_on(pl.col("hash"), key.later[made[str(id_)] :]),
            ),
        )
        for (id_,), part in found.partition_by("id", as_dict=True).items()
    )
    return values.replace(lifted["value"], lifted["new"])


def lift_columns(rows: pl.DataFrame, key: PseudonymKey, *names: str) -> pl.DataFrame:
    """Returns `rows` with the pseudonyms in the columns `names` lifted; see lift_pseudonyms."""
    if not key.later:
        return rows
    return rows.with_columns(lift_pseudonyms(rows[name], key).alias(name) for name in names)


def has_unknown_key(account: pl.Expr, key: PseudonymKey) -> pl.Expr:
    """Returns whether an account has a pseudonym of a key that is not in the chain `key`."""
    known = "|".join(stage.id for stage in key.stages)
    return account.str.contains(r"^a_[0-9a-f]{4}_[0-9a-f]{32}$") & ~account.str.contains(
        f"^a_(?:{known})_"
    )
