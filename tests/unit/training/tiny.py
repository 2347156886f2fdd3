"""A small seeded world for training tests: tastes that cross two platforms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from plait.contracts.store_tables import ITEMS
from plait.features.sequences import build_sequences

START = datetime(2024, 1, 1, tzinfo=UTC)
PLATFORMS = ("shop", "video")


def tiny_sequences(
    people: int = 200, events: int = 12, items: int = 40, seed: int = 0
) -> pl.DataFrame:
    """Returns SEQUENCES of people who mostly walk along one of four chains of items.

    A chain goes through both platforms, so the next item follows from the last one.
    """
    random = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        chain, place = int(random.integers(4)), int(random.integers(items))
        time = START + timedelta(days=int(random.integers(200)))
        for order in range(events):
            place = (place + 1) % items if random.random() < 0.9 else int(random.integers(items))
            platform = PLATFORMS[(place + chain) % 2]
            time += timedelta(hours=int(random.integers(1, 48)))
            rows.append(
                {
                    "person": f"p{person:04d}",
                    "event_id": f"{platform}:{person}-{order}",
                    "platform": platform,
                    "item": f"{platform}:c{chain}-{place}",
                    "type": "purchase" if platform == "shop" else "watch",
                    "time": time,
                    "order": order,
                    "strength": 1.0 if platform == "shop" else 0.7,
                }
            )
    return build_sequences(pl.DataFrame(rows), events)


def tiny_items(sequences: pl.DataFrame, *, catalogue: bool = True) -> pl.DataFrame:
    """Returns ITEMS of all items in `sequences`, described if `catalogue`."""
    seen = sequences.select("item", "platform").explode("item", "platform").unique().sort("item")
    chain = pl.col("item").str.extract(r":c(\d)")
    described = (
        seen.with_columns(
            pl.concat_list(chain).alias("categories"),
            pl.concat_str(pl.lit("Thing of chain "), chain).alias("title"),
            (pl.col("item").str.len_chars() * 1.5).alias("price"),
            pl.lit("EUR").alias("currency"),
        )
        if catalogue
        else seen
    )
    return ITEMS.conform(described.with_columns(events=pl.lit(1), people=pl.lit(1)))
