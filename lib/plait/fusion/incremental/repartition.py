"""Brings all rows of a person into one bucket when identity was learned too late."""

from __future__ import annotations

import polars as pl

from plait.engine.engine import BUCKET, Spill


def repartition(accounts: pl.DataFrame, components: pl.DataFrame, spill: Spill) -> pl.DataFrame:
    """Returns account and the one bucket of its component; moves what lies elsewhere.

    Moved rows are copied to their bucket and stay where they were; readers take from a bucket
    only the accounts that belong there.

    Args:
        accounts: account, bucket: where rows of the account lie; an account may lie in several.
        components: account, component.
        spill: the rows.
    """
    placed = accounts.join(components, on="account")
    # The fullest place would move least, but the smallest number is the same in any order.
    target = placed.group_by("component").agg(
        pl.col(BUCKET).min().alias("target"), pl.col(BUCKET).max().alias("last")
    )
    target = target.filter(pl.col("target") != pl.col("last")).drop("last")
    if not target.height:  # the usual case: everybody's rows lie together
        return placed.select("account", BUCKET)
    placed = placed.join(target, on="component", how="left").with_columns(
        pl.coalesce("target", BUCKET).alias("target")
    )
    spill.repartition(placed.filter(pl.col(BUCKET) != pl.col("target")))
    return placed.select("account", pl.col("target").alias(BUCKET)).unique()
