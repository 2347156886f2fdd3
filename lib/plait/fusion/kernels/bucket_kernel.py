"""The bucket kernel of fuse: turns all events of a bucket into rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from plait.clean.denoise import REMOVED_AS, denoise
from plait.clean.normalise_strengths import normalise_strengths, reset_strengths
from plait.clean.strength_rules import StrengthRules
from plait.config.denoise_settings import DenoiseSettings
from plait.engine.engine import BUCKET, Frames
from plait.features.sequences import build_sequences
from plait.fusion.kernels.dedupe import dedupe
from plait.fusion.kernels.k_core import KCore
from plait.fusion.row_counts import count_by_platform
from plait.items.item_table import count_items


@dataclass(frozen=True)
class KeptEvents:
    """The events of a bucket that stay, and what became of the other rows.

    Attributes:
        events: the events that stay.
        removed: noise, with `removed_as`.
        bots: BOTS.
        counts: ROW_COUNTS.
    """

    events: pl.DataFrame
    removed: pl.DataFrame
    bots: pl.DataFrame
    counts: pl.DataFrame


@dataclass(frozen=True)
class FusionBucketKernel:
    """Returns the events, without noise, of one bucket, and what follows from them.

    The side input has the people of the bucket; see number_people.

    Attributes:
        k_cores: the k-core of each platform that has one.
        length: the maximum number of events in a sequence.
        noise: what is noise on each platform; on others nothing is.
        strengths: the rules of each platform whose strengths are normalised.
    """

    k_cores: Mapping[str, KCore]
    length: int
    noise: Mapping[str, DenoiseSettings] = field(default_factory=dict)
    strengths: Mapping[str, StrengthRules] = field(default_factory=dict)

    def __call__(self, bucket: int, rows: pl.DataFrame, people: pl.DataFrame) -> Frames:
        """Returns the frames of `bucket`."""
        kept = self.keep(rows, people)
        removed = reset_strengths(kept.removed, self.strengths)
        events = normalise_strengths(kept.events, self.strengths)
        of_items = events.filter(pl.col("object_kind") == "item").rename({"object_id": "item"})
        return {
            "events": events,
            "removed_events": removed,
            "bots": kept.bots,
            "sequences": build_sequences(of_items, self.length, ordered=True, remember=True),
            "items": count_items(of_items),
            "accounts": count_accounts(events, people),
            "counts": kept.counts,
        }

    def keep(self, rows: pl.DataFrame, people: pl.DataFrame) -> KeptEvents:
        """Returns the events that stay: each once, without noise, and in the k-cores."""
        rows, counts = self.deduplicate(rows, people)
        sound = denoise(rows, self.noise)
        events, removed = sound.events, sound.removed
        counts.append(count_by_platform(removed["platform"], "removed:" + removed[REMOVED_AS]))
        for platform, core in self.k_cores.items():
            here = pl.col("platform") == platform
            held = events.select((~here | core.contains()).alias("held")).to_series()
            counts.append(count_by_platform(events["platform"].filter(~held), "removed:k_core"))
            events = events.filter(held)
        counts.append(count_by_platform(events["platform"], "events"))
        return KeptEvents(events, removed, sound.bots, pl.concat(counts))

    def deduplicate(
        self, rows: pl.DataFrame, people: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Removes duplicates and rows of other buckets; returns the events, and their counts.

        The events are sorted by HISTORY_ORDER, so the events of a person are adjacent.
        """
        rows = rows.join(people, on="account", how="left")
        if rows["nr"].null_count():  # rows that were copied to another bucket
            rows = rows.filter(pl.col("nr").is_not_null())
        rows, counts = dedupe(rows)
        return rows, [counts]


def count_accounts(events: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Returns account, events, first_time, last_time of a bucket's events."""
    counted = events.group_by("nr").agg(
        pl.len().cast(pl.Int64).alias("events"),
        pl.col("time").min().alias("first_time"),
        pl.col("time").max().alias("last_time"),
    )
    named = counted.join(people.select("nr", "account"), on="nr")
    return named.select("account", "events", "first_time", "last_time")


def number_people(placed: pl.DataFrame) -> pl.DataFrame:
    """Returns account, person, who, nr, bucket, and what else `placed` has.

    `who` numbers the persons of a bucket in the order of their ids, and `nr` numbers its
    accounts. Comparing these numbers is cheaper than comparing the long ids.

    Args:
        placed: account, bucket, person (null for accounts without a person); see add_consents.
    """
    return placed.with_columns(
        who=pl.col("person").rank("dense").over(BUCKET).cast(pl.UInt32),
        nr=pl.int_range(pl.len(), dtype=pl.UInt32).over(BUCKET),
    ).select("account", "person", "who", "nr", pl.exclude("account", "person", "who", "nr"))
