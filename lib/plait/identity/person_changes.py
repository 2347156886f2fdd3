"""What changed of persons from one store version to the next."""

from __future__ import annotations

import polars as pl

from plait.contracts.identity_tables import PERSON_CHANGES


def find_person_changes(
    before: pl.DataFrame,
    known: pl.DataFrame,
    members: pl.DataFrame,
    people: pl.DataFrame,
    version: int,
) -> pl.DataFrame:
    """Returns PERSON_CHANGES of `version`. Persons and accounts that are only new are no change.

    - merged: `person` was merged into `other`.
    - restored: `person`, which had been merged into `other`, is a person of its own again.
    - split: accounts of `person` became the new person `other`.
    - left: `account` left `person`, which still exists, for `other` (null: the account is gone).
    - joined: `account` came to `person`, which is not new with it, from `other` (null: it is a new
      account), by `rule`.

    Args:
        before: account, platform, person of the previous version.
        known: person, merged_into, accounts of the previous version.
        members: account, platform, person, rule of this version.
        people: the same as `known`, of this version.
        version: the number of this version.
    """
    was_active = known.filter(pl.col("accounts") > 0).select("person")
    is_active = people.filter(pl.col("accounts") > 0).select("person")
    merged = people.filter(pl.col("merged_into").is_not_null()).join(
        was_active, on="person", how="semi"
    )
    restored = known.filter(pl.col("merged_into").is_not_null()).join(
        is_active, on="person", how="semi"
    )
    moved = before.select("account", was="person", was_on="platform").join(
        members.select("account", "rule", now="person", now_on="platform"),
        on="account", how="full", coalesce=True,
    )  # fmt: skip
    moved = moved.filter(pl.col("was").ne_missing(pl.col("now"))).with_columns(
        platform=pl.coalesce("now_on", "was_on")
    )
    left = moved.filter(pl.col("was").is_not_null()).join(
        is_active, left_on="was", right_on="person", how="semi"
    )
    # An account that is new with its person did not join anybody.
    joined = moved.filter(pl.col("now").is_not_null()).join(
        pl.concat([was_active, restored.select("person")]),
        left_on="now", right_on="person", how="semi",
    )  # fmt: skip
    split = left.filter(pl.col("now").is_not_null()).join(
        known.select("person"), left_on="now", right_on="person", how="anti"
    )
    parts = [
        merged.select("person", change=pl.lit("merged"), other="merged_into"),
        restored.select("person", change=pl.lit("restored"), other="merged_into"),
        split.select(person="was", change=pl.lit("split"), other="now").unique(),
        left.select("account", "platform", person="was", change=pl.lit("left"), other="now"),
        joined.select(
            "account", "platform", "rule", person="now", change=pl.lit("joined"), other="was"
        ),
    ]
    found = pl.concat([PERSON_CHANGES.conform(p.with_columns(version=version)) for p in parts])
    return found.sort("person", "change", "other", "account")
