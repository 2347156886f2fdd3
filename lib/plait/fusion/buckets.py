"""The bucket kernel of the road: all events of some people, to tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.contracts.tables import EVENTS
from plait.engine.base import Frames
from plait.features.braid import braid
from plait.fusion.core import Core
from plait.fusion.counts import COUNTS, tally
from plait.fusion.dedupe import dedupe
from plait.items.table import count_items


@dataclass(frozen=True)
class BucketStep:
    """Returns events, sequences, items and accounts (partial) and counts of one bucket.

    Attributes:
        people: by bucket: account, person.
        losers: event_id, account of claims lost to another account.
        cores: by platform with a k_core.
        length: events kept in a sequence.
    """

    people: Mapping[int, pl.DataFrame]
    losers: pl.DataFrame
    cores: Mapping[str, Core]
    length: int

    def __call__(self, bucket: int, rows: pl.DataFrame) -> Frames:
        """Returns the frames of `bucket`."""
        rows, counts = self.distinct(bucket, rows)
        for platform, core in self.cores.items():
            here = pl.col("platform") == platform
            kept = rows.filter(~here | core.holds())
            removed = rows.join(kept, on="event_id", how="anti")
            counts.append(tally(removed["platform"], "removed:k_core"))
            rows = kept
        events = rows.join(self.people[bucket], on="account", how="inner")
        counts.append(tally(events["platform"], "events"))
        steps = events.filter(pl.col("object_kind") == "item").rename({"object_id": "item"})
        return {
            "events": EVENTS.conform(events),
            "sequences": braid(steps, self.length),
            "items": count_items(events),
            "accounts": _accounts(events),
            "counts": pl.concat(counts),
        }

    def distinct(self, bucket: int, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Returns each event of the bucket's own accounts once, and counts of what went."""
        rows = rows.join(self.people[bucket].select("account"), on="account", how="semi")
        rows, counts = dedupe(rows)
        lost = pl.DataFrame(schema=COUNTS)
        if self.losers.height:
            won = rows.join(self.losers, on=["event_id", "account"], how="anti")
            gone = rows.join(self.losers, on=["event_id", "account"], how="semi")
            lost, rows = tally(gone["platform"], "superseded"), won
        return rows, [counts, lost]


def _accounts(events: pl.DataFrame) -> pl.DataFrame:
    return events.group_by("account").agg(
        pl.len().cast(pl.Int64).alias("events"),
        pl.col("time").min().alias("first_time"),
        pl.col("time").max().alias("last_time"),
    )
