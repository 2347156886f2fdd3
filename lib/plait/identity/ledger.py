"""Keeps person ids stable from one store version to the next."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.clean.fingerprint import fingerprint
from plait.privacy.pseudonym import person_of

_PERSON_COLUMNS = {"person": pl.String(), "since": pl.Int64(), "merged_into": pl.String()}


@dataclass(frozen=True)
class IdentityLedger:
    """The person ids of one store version.

    Attributes:
        persons: component, person, since.
        retired: person, since, merged_into: ids that were merged into another person.
    """

    persons: pl.DataFrame
    retired: pl.DataFrame


def assign_person_ids(
    members: pl.DataFrame,
    version: int,
    before: pl.DataFrame | None = None,
    known: pl.DataFrame | None = None,
) -> IdentityLedger:
    """Returns the person id of every component.

    A person id stays with the component that has most of the person's accounts. If several have
    equally many, it stays with the one that has the account from which the id was made. If a
    component has several ids, the oldest survives, and the others are retired into it. A
    component without an id gets a new one, made from its smallest account.

    Args:
        members: account, component.
        version: the number of the new store version.
        before: account, person of the previous version.
        known: person, since, merged_into of the previous version.
    """
    before = pl.DataFrame(schema=["account", "person"]) if before is None else before
    known = (
        pl.DataFrame(schema=_PERSON_COLUMNS)
        if known is None
        else known.select(list(_PERSON_COLUMNS))
    )
    kept = _keep_persons(members, before.cast(pl.String), known)
    survivors = kept.group_by("component").agg(pl.col("person").first(), pl.col("since").first())
    named = _name_components(members, survivors, version)
    return IdentityLedger(named, _retire_persons(kept, survivors, named, known))


def _keep_persons(members: pl.DataFrame, before: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Returns component, person, since: the component of each known id, the oldest id first."""
    parts = (
        members.join(before, on="account")
        .group_by("person", "component")
        .agg(
            pl.len().alias("held"),
            (person_of(pl.col("account")) == pl.col("person")).any().alias("founded"),
        )
    )
    order = ["held", "founded", "component"]
    largest = parts.sort(order, descending=[True, True, False]).unique(
        "person", keep="first", maintain_order=True
    )
    since = known.filter(pl.col("merged_into").is_null()).select("person", "since")
    return largest.join(since, on="person").sort("since", "person")


def _name_components(members: pl.DataFrame, survivors: pl.DataFrame, version: int) -> pl.DataFrame:
    """Returns component, person, since for every component."""
    founders = members.group_by("component").agg(pl.col("account").min())
    fresh = founders.join(survivors, on="component", how="anti").with_columns(
        person_of(pl.col("account")).alias("person")
    )
    # After a split, the smaller part may have the account from which the larger part's id was made.
    taken = fresh["person"].is_in(survivors["person"].implode())
    seeds = fresh.select(pl.concat_str("account", pl.lit(f"#{version}"))).to_series()
    other = pl.concat_str(pl.lit("p_"), fingerprint(seeds))
    fresh = fresh.with_columns(person=pl.when(taken).then(other).otherwise(pl.col("person")))
    fresh = fresh.with_columns(since=pl.lit(version, pl.Int64))
    columns = ["component", "person", "since"]
    return pl.concat([survivors.select(columns), fresh.select(columns)])


def _retire_persons(
    kept: pl.DataFrame, survivors: pl.DataFrame, named: pl.DataFrame, known: pl.DataFrame
) -> pl.DataFrame:
    """Returns person, since, merged_into of all ids that are merged into another."""
    now = kept.join(survivors.select("component", into="person"), on="component").filter(
        pl.col("person") != pl.col("into")
    )
    moved = now.select("person", pl.col("into").alias("merged_into"))
    before = known.filter(pl.col("merged_into").is_not_null())
    followed = before.join(
        moved.rename({"person": "merged_into", "merged_into": "next"}), on="merged_into", how="left"
    ).select("person", "since", merged_into=pl.coalesce("next", "merged_into"))
    all_ = pl.concat(
        [now.select("person", "since", merged_into="into"), followed.select(list(_PERSON_COLUMNS))]
    )
    # An id that is in use again is active. An id whose target no longer exists is dropped.
    return all_.filter(
        ~pl.col("person").is_in(named["person"].implode())
        & pl.col("merged_into").is_in(named["person"].implode())
    ).sort("person")
