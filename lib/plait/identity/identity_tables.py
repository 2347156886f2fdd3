"""The accounts and people tables."""

from __future__ import annotations

import polars as pl

from plait.contracts.store_tables import ACCOUNTS, PEOPLE
from plait.identity.ledger import IdentityLedger


def build_account_table(
    members: pl.DataFrame, counted: pl.DataFrame, places: pl.DataFrame, consents: pl.DataFrame
) -> pl.DataFrame:
    """Returns ACCOUNTS.

    Args:
        members: account, platform, person, rule.
        counted: account, events, first_time, last_time.
        places: account, home, bucket of accounts whose home is known; no events: no bucket.
        consents: CONSENTS of every account.
    """
    joined = members
    for more in (counted, places, consents):
        joined = joined.join(more, on="account", how="left")
    return ACCOUNTS.conform(joined.with_columns(pl.col("events").fill_null(0)))


def build_people_table(accounts: pl.DataFrame, ledger: IdentityLedger) -> pl.DataFrame:
    """Returns PEOPLE: every person with an account, and the retired and empty person ids."""
    # group_by keeps the order of rows in a group, so each list of platforms is sorted.
    names = pl.Enum(accounts["platform"].unique().sort())
    present = accounts.select("person", pl.col("platform").cast(names)).unique().sort("platform")
    active = (
        accounts.group_by("person")
        .agg(
            pl.len().cast(pl.Int64).alias("accounts"),
            pl.col("events").sum(),
            pl.col("first_time").min(),
            pl.col("last_time").max(),
        )
        .join(present.group_by("person").agg(platforms="platform"), on="person")
        .join(ledger.persons.select("person", "since", "founded_by"), on="person")
    )
    retired = ledger.retired.with_columns(
        platforms=pl.lit([], pl.List(pl.String)), accounts=pl.lit(0), events=pl.lit(0)
    )
    return pl.concat([PEOPLE.conform(active), PEOPLE.conform(retired)])
