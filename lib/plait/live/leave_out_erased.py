"""Leaves erased people out of a base that is loaded from a store version that still has them."""

from __future__ import annotations

import polars as pl

from plait.privacy.erasure import Erasures
from plait.privacy.pseudonym import person_of


def leave_out_erased(
    accounts: pl.DataFrame, people: pl.DataFrame, sequences: pl.DataFrame, erased: Erasures
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Returns ACCOUNTS, PEOPLE and SEQUENCES without what was erased.

    The accounts of a person that are left keep the person, but without the sequence, which cannot
    be divided by account. If the id of their person is erased, they get one made from the smallest
    of them.

    Args:
        accounts: ACCOUNTS.
        people: PEOPLE.
        sequences: SEQUENCES.
        erased: the erasures.
    """
    gone = accounts.filter(erased.covers(accounts["account"]))
    touched = gone.select("person").unique()
    left = accounts.join(gone, on="account", how="anti")
    ids = people.filter(erased.covers(people["person"])).select("person")
    renamed = left.join(ids, on="person", how="semi").group_by("person").agg(
        fresh=pl.col("account").min()
    ).with_columns(fresh=person_of(pl.col("fresh")))  # fmt: skip

    def rename(rows: pl.DataFrame) -> pl.DataFrame:
        named = rows.join(renamed, on="person", how="left", maintain_order="left")
        return named.with_columns(person=pl.coalesce("fresh", "person")).drop("fresh")

    here = left.select("person").unique()
    active = people.filter(pl.col("merged_into").is_null()).join(here, on="person", how="semi")
    retired = people.filter(pl.col("merged_into").is_not_null()).join(ids, on="person", how="anti")
    retired = retired.join(
        active.join(ids, on="person", how="anti").select(merged_into="person"),
        on="merged_into",
        how="semi",
    )
    return (
        rename(left),
        pl.concat([rename(active), retired]),
        sequences.join(pl.concat([touched, ids]).unique(), on="person", how="anti"),
    )
