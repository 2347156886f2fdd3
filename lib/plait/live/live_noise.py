"""Keeps noise out of live histories, as the next fuse will keep it out of the tables."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.clean.near_duplicates import find_near_duplicates
from plait.live.codec import NULL_INT64

NOISE = "noise"  # a column of posted events: true if they are kept, but are in no history


def drop_near_duplicates(steps: pl.DataFrame, seconds: Mapping[str, float]) -> pl.DataFrame:
    """Returns `steps` without posted events that repeat another one within seconds.

    Only posted events are compared, because the resolution of other times is not known here. Their
    strength stands for their rating, or else for their dwell.

    Args:
        steps: person, posted, platform, item, type, time (int64 microseconds) and strength, in the
            order of histories.
        seconds: near_duplicate_seconds of each platform.
    """
    posted = steps.with_row_index("place").filter("posted")
    if posted.height < 2 or not any(seconds.values()):
        return steps
    timed = pl.col("time") != NULL_INT64
    nothing = {
        "query_text": pl.String, "value": pl.Float64, "currency": pl.String,
        "recommendation_id": pl.String,
    }  # fmt: skip
    events = posted.select(
        "platform",
        "type",
        *(pl.lit(None, kind).alias(name) for name, kind in nothing.items()),
        nr="person",
        object_kind=pl.lit("item"),
        object_id="item",
        rating=pl.when(pl.col("type") == "rate").then("strength"),
        dwell_s=pl.when(pl.col("type") != "rate").then("strength"),
        time=pl.when(timed).then("time").cast(pl.Datetime("us", "UTC")),
        time_resolution=pl.when(timed).then(pl.lit("us")).otherwise(pl.lit("order")),
    )
    places = posted["place"].filter(find_near_duplicates(events, seconds))
    if not places.len():
        return steps
    return steps.filter(~pl.int_range(pl.len()).is_in(places.implode()))
