"""Kernels that join impressions to the events with the same recommendation_id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.clean.fingerprint import hash_column
from plait.contracts.store_tables import ACCOUNTS, IMPRESSIONS, PEOPLE
from plait.contracts.table_schema import conform_rows
from plait.engine.engine import BUCKET, Frames
from plait.store.store import Store
from plait.store.table_files import scan_data_files

RESPONSE_COLUMNS = ("events", "strength", "first_time")
_RESPONSE_ID, _PLACE = "recommendation_id", ["recommendation_id", "position"]
# A row is an impression that the endpoint wrote, or an event. An event has no position.
SHOWN_OR_DONE: dict[str, Any] = {
    name: kind
    for name, kind in IMPRESSIONS.polars.items()
    if name not in ("person", "events", "first_time")
}


@dataclass(frozen=True)
class ImpressionRowKernel:
    """Puts the impressions and events of one recommendation into one bucket (frame `shown`)."""

    buckets: int

    def __call__(self, split: object, rows: pl.DataFrame) -> Frames:
        """Returns `shown`: SHOWN_OR_DONE columns and bucket."""
        bucket = (hash_column(_RESPONSE_ID) % self.buckets).cast(pl.Int64).alias(BUCKET)
        return {"shown": conform_rows(rows, SHOWN_OR_DONE).with_columns(bucket)}


@dataclass(frozen=True)
class ImpressionBucketKernel:
    """Builds the IMPRESSIONS rows of one bucket of recommendations.

    Attributes:
        store: the store with the accounts and people of this version.
        accounts: the paths of the files of ACCOUNTS.
        people: the paths of the files of PEOPLE.
    """

    store: Store
    accounts: tuple[str, ...]
    people: tuple[str, ...]

    def __call__(self, bucket: int, rows: pl.DataFrame, side_input: pl.DataFrame) -> Frames:
        """Returns the frame `impressions`; does not use `side_input`."""
        is_event = pl.col("position").is_null()
        # A retry may have written an impression twice. If the two differ, the same one is kept
        # in every engine and whatever the order of the rows.
        shown = rows.filter(~is_event).drop("strength")
        shown = shown.sort(shown.columns).unique(_PLACE, keep="first", maintain_order=True)
        joined = shown.join(
            count_responses(rows.filter(is_event)), on=[_RESPONSE_ID, "item"], how="left"
        )
        named = self._name_people(joined).with_columns(pl.col("events").fill_null(0))
        return {"impressions": IMPRESSIONS.conform(named.sort(_PLACE))}

    def _name_people(self, shown: pl.DataFrame) -> pl.DataFrame:
        """Adds `person`: that of the account, or else the person for whom the request was made."""
        location = self.store.location
        accounts = _matching(
            scan_data_files(location, ACCOUNTS, self.accounts).select("account", "person"), shown
        )
        people = _matching(
            scan_data_files(location, PEOPLE, self.people).select(
                person_served="person", survivor=pl.coalesce("merged_into", "person")
            ),
            shown.filter(pl.col("account").is_null()),
        )
        found = shown.join(accounts, on="account", how="left").join(
            people, on="person_served", how="left"
        )
        without = pl.col("account").is_null()
        return found.with_columns(
            person=pl.when(without).then("survivor").otherwise("person")
        ).drop("survivor")


def count_responses(events: pl.DataFrame) -> pl.DataFrame:
    """Returns recommendation_id, item and RESPONSE_COLUMNS of events.

    `strength` is the one with the largest absolute value.

    Args:
        events: recommendation_id, item, strength, time.
    """
    strength = pl.col("strength")
    strongest = strength.sort_by(strength.abs(), strength, descending=True).first()
    return events.group_by(_RESPONSE_ID, "item").agg(
        pl.len().cast(pl.Int64).alias("events"), strongest, pl.col("time").min().alias("first_time")
    )


def _matching(table: pl.LazyFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Returns the rows of `table` whose value in the first column occurs in `shown`."""
    key = table.collect_schema().names()[0]
    wanted = shown.lazy().select(key).drop_nulls().unique()
    return table.join(wanted, on=key, how="semi").collect(engine="streaming")
