"""The items table: catalogue fields and event counts of each item."""

from __future__ import annotations

import polars as pl

from plait.contracts.store_tables import ITEMS

ITEM_COUNTS = {
    name: ITEMS.polars[name]
    for name in ("item", "platform", "events", "people", "first_time", "last_time")
}


def count_items(events: pl.DataFrame) -> pl.DataFrame:
    """Returns item, platform, events, people, first_time, last_time of item events.

    The result is a partial aggregate. `events` must have all events of a person or none, because
    merging would otherwise count the person twice.

    Args:
        events: item, platform, who (any number that identifies the person), time.
    """
    return events.group_by("item").agg(
        pl.col("platform").first(),
        pl.len().cast(pl.Int64).alias("events"),
        pl.col("who").n_unique().cast(pl.Int64).alias("people"),
        pl.col("time").min().alias("first_time"),
        pl.col("time").max().alias("last_time"),
    )


def merge_item_counts(partials: pl.DataFrame) -> pl.DataFrame:
    """Merges partial counts of `count_items` over disjoint sets of people."""
    return partials.group_by("item").agg(
        pl.col("platform").first(),
        pl.col("events").sum(),
        pl.col("people").sum(),
        pl.col("first_time").min(),
        pl.col("last_time").max(),
    )


def build_item_table(listed: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Returns ITEMS: every item of a catalogue or an event, sorted by id.

    Item vectors are in a table of their own; see write_item_vectors.
    """
    joined = listed.drop("vector").join(counted, on=["item", "platform"], how="full", coalesce=True)
    filled = joined.with_columns(pl.col("events", "people").fill_null(0))
    return ITEMS.conform(filled.sort("item"))
