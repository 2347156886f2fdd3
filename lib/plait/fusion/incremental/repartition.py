"""Moves all rows of a person into one bucket, if events linked the accounts after the spill."""

from __future__ import annotations

import polars as pl

from plait.engine.engine import BUCKET, Spill


def repartition(accounts: pl.DataFrame, components: pl.DataFrame, spill: Spill) -> pl.DataFrame:
    """Moves all rows of a component into one bucket; returns account, bucket.

    Moved rows are copied to their new bucket and also stay in the old one. A reader of a bucket
    keeps only the accounts that are assigned to it.

    Args:
        accounts: account, bucket: where the rows of each account are. An account may be in several
            buckets.
        components: account, component.
        spill: the spilled rows.
    """
    placed = accounts.join(components, on="account")
    # The fullest bucket would move the fewest rows, but the lowest number is deterministic.
    target = placed.group_by("component").agg(
        pl.col(BUCKET).min().alias("target"), pl.col(BUCKET).max().alias("last")
    )
    target = target.filter(pl.col("target") != pl.col("last")).drop("last")
    if not target.height:  # the usual case: no component spans several buckets
        return placed.select("account", BUCKET)
    placed = placed.join(target, on="component", how="left").with_columns(
        pl.coalesce("target", BUCKET).alias("target")
    )
    spill.repartition(placed.filter(pl.col(BUCKET) != pl.col("target")))
    return placed.select("account", pl.col("target").alias(BUCKET)).unique()
