"""Decides which accounts are one person, and by which rule."""

from __future__ import annotations

import polars as pl

from plait.identity.clusters import find_components

ALONE, SAME_ID, LINK = "alone", "same_account_id", "link"
# A key value held by more accounts than this is no key (a shared or a made-up address).
MAX_ACCOUNTS_PER_KEY = 50


def identifying_keys(attributes: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Returns the attribute rows whose value identifies, and how many values do not."""
    held = attributes.filter(pl.col("key").is_not_null())
    counted = held.with_columns(n=pl.col("account").n_unique().over("key", "value"))
    too_many = counted.filter(pl.col("n") > MAX_ACCOUNTS_PER_KEY).select("key", "value").n_unique()
    return counted.filter(pl.col("n") <= MAX_ACCOUNTS_PER_KEY).drop("n"), int(too_many)


def evidence_edges(accounts: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Returns what joins what (a, b): home accounts to key values and to each other.

    Args:
        accounts: account, home.
        keys: account, key, value.
        links: account_a, account_b.
    """
    value = pl.concat_str(pl.lit("key:"), "key", pl.lit(":"), "value")
    by_key = keys.select("account", value.alias("b"))
    linked = links.select(pl.col("account_a").alias("account"), pl.col("account_b").alias("b"))
    return pl.concat(
        [
            _replace_with_home(by_key, "account", accounts).select(a="account", b="b"),
            _replace_with_home(
                _replace_with_home(linked, "account", accounts), "b", accounts
            ).select(a="account", b="b"),
        ]
    )


def _replace_with_home(rows: pl.DataFrame, column: str, accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns `rows` with each account in `column` replaced by its home account, if known."""
    homes = accounts.select(pl.col("account").alias(column), "home")
    joined = rows.join(homes, on=column, how="left")
    return joined.with_columns(pl.coalesce("home", column).alias(column)).drop("home")


def resolve_accounts(
    accounts: pl.DataFrame, keys: pl.DataFrame, links: pl.DataFrame
) -> pl.DataFrame:
    """Returns account, component and rule for every account of `accounts`.

    Args:
        accounts: account, home; each account once.
        keys: account, key, value that identify.
        links: account_a, account_b.
    """
    # Accounts of one home are joined already: only what keys and links touch needs the graph.
    found = find_components(evidence_edges(accounts, keys, links)).rename({"node": "home"})
    joined = accounts.select("account", "home").join(found, on="home", how="left")
    joined = joined.with_columns(pl.coalesce("component", "home").alias("component"))
    return (
        joined.join(_shared_keys(keys), on="account", how="left")
        .with_columns(
            rule=pl.when(pl.len().over("component") == 1)
            .then(pl.lit(ALONE))
            .when(pl.len().over("home") > 1)
            .then(pl.lit(SAME_ID))
            .otherwise(pl.coalesce("shared_key", pl.lit(LINK)))
        )
        .select("account", "component", "rule")
    )


def _shared_keys(keys: pl.DataFrame) -> pl.DataFrame:
    """Returns account and shared_key: the first key by which it is joined to another."""
    shared = keys.unique(["account", "key", "value"]).filter(pl.len().over("key", "value") > 1)
    return shared.group_by("account").agg(pl.col("key").min().alias("shared_key"))
