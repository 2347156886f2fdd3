"""Keeps person ids stable from one store version to the next.

A person id is active if a component of accounts has it, retired if it was merged into another
id, and empty if all its accounts are gone. A retired id resolves for ever: if the one that it was
merged into is empty, both are kept. Any other empty id is dropped with its accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.clean.fingerprint import fingerprint
from plait.privacy.pseudonym import person_of

PERSON_IDS = {
    "person": pl.String(),
    "since": pl.Int64(),
    "merged_into": pl.String(),
    "founded_by": pl.String(),
}


@dataclass(frozen=True)
class IdentityLedger:
    """The person ids of one store version.

    Attributes:
        persons: component, person, since, founded_by of the active ids.
        retired: PERSON_IDS of the others: merged into an active or empty id, or (null) empty.
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

    - An active id stays with the component that has most of the person's accounts. If several have
      equally many, it stays with the one that has its founder: the account that it was made from.
      If it leaves its founder, the smallest account of its component is the founder from then on.
    - If a person is split, a part with the founder of an id that was merged into that person takes
      this id back. The person's own id stays with such a part only if it has no other, or if that
      part has its own founder too. So a merge that is undone leaves every id as it was.
    - If a component has several ids, the oldest survives; the others are retired into it. An empty
      id counts too if the component has its founder.
    - A component without an id gets a new one, made from its smallest account.
    - A retired id follows its founder. If that is gone, it follows the id that it was merged into.

    Args:
        members: account, component.
        version: the number of the new store version.
        before: account, person of the previous version.
        known: PERSON_IDS of the previous version. founded_by may be null or missing (older
            versions); then the founder is the account whose pseudonym the id has.
    """
    before = pl.DataFrame(schema=["account", "person"]) if before is None else before
    known = pl.DataFrame(schema=PERSON_IDS) if known is None else known
    before = before.select("account", "person").cast(pl.String)
    ids = _with_founders(known, before, members)
    claims = _claims(members, before, ids)
    several = pl.len().over("component") > 1
    oldest = pl.concat(
        [
            claims.filter(~several),
            claims.filter(several)
            .sort("since", "person")
            .unique("component", keep="first", maintain_order=True),
        ]
    )
    named = _name_components(members, oldest, ids, version)
    return IdentityLedger(named, _retire_persons(ids, named, claims))


def _with_founders(
    known: pl.DataFrame, before: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """Returns PERSON_IDS with home (the component that has the founder), at (who had it before).

    Both are null if there is none.
    """
    if "founded_by" not in known.columns:
        known = known.with_columns(founded_by=pl.lit(None, pl.String))
    known = known.select(list(PERSON_IDS)).cast(PERSON_IDS)  # type: ignore[arg-type]
    unknown = known.filter(pl.col("founded_by").is_null()).select("person")
    if unknown.height:
        accounts = pl.concat([before["account"], members["account"]]).unique()
        made = accounts.to_frame().select(founder="account", person=person_of(pl.col("account")))
        made = unknown.join(made, on="person").unique("person", keep="any")
        known = (
            known.join(made, on="person", how="left")
            .with_columns(founded_by=pl.coalesce("founded_by", "founder"))
            .drop("founder")
        )
    founders = members.select(founded_by="account", home="component")
    were = before.select(founded_by="account", at="person")
    return known.join(founders, on="founded_by", how="left").join(were, on="founded_by", how="left")


def _claims(members: pl.DataFrame, before: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Returns person, since, component: the component that may have an id, one row per id."""
    parts = members.join(before, on="account").group_by("person", "component").agg(held=pl.len())
    split = parts.filter(pl.len().over("person") > 1)
    idle = ids.join(parts, on="person", how="anti").filter(pl.col("home").is_not_null())
    # In a store of an older plait, the founder of an id may be with somebody else.
    elsewhere = pl.col("merged_into") != pl.col("at")
    idle = idle.filter(~elsewhere.fill_null(value=False))
    back = idle.filter(pl.col("merged_into") == pl.col("at")).join(
        split.select(at="person", home="component"), on=["at", "home"], how="semi"
    )
    places = [
        parts.filter(pl.len().over("person") == 1).select("person", "component"),
        _largest_parts(split, ids, back),
        idle.select("person", component="home"),
    ]
    return pl.concat(places).join(ids.select("person", "since"), on="person")


def _largest_parts(split: pl.DataFrame, ids: pl.DataFrame, back: pl.DataFrame) -> pl.DataFrame:
    """Returns person, component: the part with which the id of each split person stays.

    Args:
        split: person, component, held of the parts of persons with several.
        ids: person, home.
        back: at, home of the ids that parts take back.
    """
    flag = pl.lit(value=True)
    founded = ids.select("person", component="home", founded=flag)
    restores = back.select(person="at", component="home", restores=flag).unique()
    marked = split.join(founded, on=["person", "component"], how="left").join(
        restores, on=["person", "component"], how="left"
    )
    marked = marked.with_columns(pl.col("founded", "restores").fill_null(value=False))
    # The part with the person's own founder does not leave it for an id that was merged into it.
    marked = marked.with_columns(leaves=pl.col("restores") & ~pl.col("founded"))
    order = ["leaves", "held", "founded", "component"]
    stays = marked.sort(order, descending=[False, True, True, False])
    return stays.unique("person", keep="first", maintain_order=True).select("person", "component")


def _name_components(
    members: pl.DataFrame, oldest: pl.DataFrame, ids: pl.DataFrame, version: int
) -> pl.DataFrame:
    """Returns component, person, since, founded_by for every component."""
    kept = oldest.join(ids.select("person", "founded_by", "home"), on="person")
    stays = (pl.col("home") == pl.col("component")).fill_null(value=False)
    settled = kept.filter(stays)
    founders = (
        members.join(settled, on="component", how="anti")
        .group_by("component")
        .agg(founded_by=pl.col("account").min())
    )
    moved = kept.filter(~stays).drop("founded_by").join(founders, on="component")
    fresh = founders.join(oldest, on="component", how="anti").with_columns(
        person=person_of(pl.col("founded_by")), since=pl.lit(version, pl.Int64)
    )
    # After a split, the smaller part may have the account from which the larger part's id was made.
    taken = fresh.join(ids, on="person", how="semi")["person"].implode()
    seed = pl.concat_str("founded_by", pl.lit(f"#{version}"))
    other = pl.concat_str(pl.lit("p_"), fingerprint(fresh.select(seed).to_series()))
    fresh = fresh.with_columns(
        person=pl.when(pl.col("person").is_in(taken)).then(other).otherwise("person")
    )
    columns = ["component", "person", "since", "founded_by"]
    return pl.concat(part.select(columns) for part in (settled, moved, fresh))


def _retire_persons(ids: pl.DataFrame, named: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Returns PERSON_IDS of the retired ids, and of the empty ids that they were merged into."""
    idle = ids.join(named, on="person", how="anti")
    # Who has the component now that an id could have had.
    moved = claims.join(named.select("component", now="person"), on="component").select(
        "person", "now", claimed="component"
    )
    followed = idle.join(moved, on="person", how="left").join(
        moved.select(merged_into="person", next="now"), on="merged_into", how="left"
    )
    target = pl.coalesce("now", "next", "merged_into")
    retired = followed.with_columns(merged_into=target).join(
        named.select(merged_into="person", theirs="founded_by"), on="merged_into", how="left"
    )
    # An id whose founder is gone, or elsewhere, takes that of the id that it was merged into.
    lost = pl.col("home").is_null() | (pl.col("home") != pl.col("claimed"))
    founder = pl.when(lost).then(pl.coalesce("theirs", "founded_by"))
    retired = retired.with_columns(founded_by=founder.otherwise("founded_by"))
    retired = retired.select(list(PERSON_IDS))
    named_by_others = pl.col("person").is_in(retired["merged_into"].drop_nulls().implode())
    return retired.filter(pl.col("merged_into").is_not_null() | named_by_others).sort("person")
