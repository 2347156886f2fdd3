"""The bucket kernel of the road: all events of some people, to tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.engine.base import BUCKET, Frames
from plait.features.braid import braid
from plait.fusion.core import Core
from plait.fusion.counts import tally
from plait.fusion.dedupe import dedupe
from plait.items.table import count_items

PEOPLE = {"account": pl.String(), "person": pl.String(), "who": pl.UInt32(), "nr": pl.UInt32()}


@dataclass(frozen=True)
class BucketStep:
    """Returns events, sequences, items and accounts (partial) and counts of one bucket.

    Attributes:
        people: PEOPLE by bucket: `who` and `nr` number the persons (in the order of their ids)
            and accounts of the bucket; both stand for long ids where rows are compared.
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
        events, counts = self.distinct(bucket, rows)
        for platform, core in self.cores.items():
            here = pl.col("platform") == platform
            held = events.select((~here | core.holds()).alias("held")).to_series()
            counts.append(tally(events["platform"].filter(~held), "removed:k_core"))
            events = events.filter(held)
        counts.append(tally(events["platform"], "events"))
        of_items = events.filter(pl.col("object_kind") == "item").rename({"object_id": "item"})
        return {
            "events": events,
            "sequences": braid(of_items, self.length, ordered=True),
            "items": count_items(of_items),
            "accounts": self._accounts(bucket, events),
            "counts": pl.concat(counts),
        }

    def distinct(self, bucket: int, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Returns each event of the bucket's own accounts once, and counts of what went.

        Rows come in the order of histories, person by person.
        """
        people = self.people.get(bucket, pl.DataFrame(schema=PEOPLE))
        rows = rows.join(people, on="account", how="left")
        if rows["nr"].null_count():  # rows that were copied to another bucket
            rows = rows.filter(pl.col("nr").is_not_null())
        rows, counts = dedupe(rows)
        if not self.losers.height:
            return rows, [counts]
        lost = rows.join(self.losers, on=["event_id", "account"], how="semi")
        rows = rows.join(self.losers, on=["event_id", "account"], how="anti", maintain_order="left")
        return rows, [counts, tally(lost["platform"], "superseded")]

    def _accounts(self, bucket: int, events: pl.DataFrame) -> pl.DataFrame:
        """Returns account, events, first_time, last_time."""
        counted = events.group_by("nr").agg(
            pl.len().cast(pl.Int64).alias("events"),
            pl.col("time").min().alias("first_time"),
            pl.col("time").max().alias("last_time"),
        )
        named = counted.join(self.people[bucket].select("nr", "account"), on="nr")
        return named.select("account", "events", "first_time", "last_time")


def number_people(placed: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """Returns PEOPLE by bucket.

    Args:
        placed: account, bucket, person (null for accounts that only rules remove).
    """
    parts = placed.partition_by(BUCKET, as_dict=True, include_key=False)
    return {
        int(key[0]): part.with_columns(
            who=pl.col("person").rank("dense").cast(pl.UInt32),
            nr=pl.int_range(pl.len(), dtype=pl.UInt32),
        ).select(list(PEOPLE))
        for key, part in parts.items()
    }
