"""Decides which accounts are one person, and by which rule."""

from __future__ import annotations

import polars as pl

from plait.identity.components import components

ALONE, SAME_ID, LINK = "alone", "same_account_id", "link"
# A key value held by more accounts than this is no key (a shared or a made-up address).
MOST_ACCOUNTS = 50


def usable_keys(attributes: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Returns the attribute rows whose value identifies, and how many values do not."""
    held = attributes.filter(pl.col("key").is_not_null())
    counted = held.with_columns(n=pl.col("account").n_unique().over("key", "value"))
    too_many = counted.filter(pl.col("n") > MOST_ACCOUNTS).select("key", "value").n_unique()
    return counted.filter(pl.col("n") <= MOST_ACCOUNTS).drop("n"), int(too_many)


def edges(accounts: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Returns what joins what (a, b): accounts to their home account, key values and links.

    Args:
        accounts: account, home.
        keys: account, key, value.
        links: account_a, account_b.
    """
    return pl.concat(
        [
            accounts.select(a="account", b="home"),
            keys.select(a="account", b=pl.concat_str(pl.lit("key:"), "key", pl.lit(":"), "value")),
            links.select(a="account_a", b="account_b"),
        ]
    )


def resolve(accounts: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Returns account, component and rule for every account of `accounts`.

    Args:
        accounts: account, home; each account once.
        keys: account, key, value that identify.
        links: account_a, account_b.
    """
    found = components(edges(accounts, keys, links))
    joined = accounts.select("account", "home").join(
        found, left_on="account", right_on="node", how="left"
    )
    size = pl.len().over("component")
    same_id = pl.len().over("home") > 1
    by_key = _shared(keys)
    return (
        joined.join(by_key, on="account", how="left")
        .with_columns(
            rule=pl.when(size == 1)
            .then(pl.lit(ALONE))
            .when(same_id)
            .then(pl.lit(SAME_ID))
            .when(pl.col("shared_key").is_not_null())
            .then(pl.col("shared_key"))
            .otherwise(pl.lit(LINK))
        )
        .select("account", "component", "rule")
    )


def _shared(keys: pl.DataFrame) -> pl.DataFrame:
    """Returns account and shared_key: the first key by which it is joined to another."""
    shared = keys.unique(["account", "key", "value"]).filter(pl.len().over("key", "value") > 1)
    return shared.group_by("account").agg(pl.col("key").min().alias("shared_key"))
