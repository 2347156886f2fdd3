"""Reads who is who from the tables of a store version."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from plait.contracts.identity_tables import IDENTITY_EDGES, PERSON_CHANGES
from plait.contracts.store_tables import ACCOUNTS, PEOPLE
from plait.identity.evidence import SAME_ID
from plait.store.damaged_files import name_damaged_files
from plait.store.storage_errors import translate_errors
from plait.store.store import Store
from plait.store.store_version import StoreVersion


@dataclass(frozen=True)
class StoredPeople:
    """The people of a store version. Only the rows that are asked for are read."""

    store: Store
    version: StoreVersion

    def accounts(self, accounts: Collection[str]) -> pl.DataFrame:
        """Returns the rows of ACCOUNTS of the given pseudonyms."""
        return self._read(ACCOUNTS.name, pl.col("account").is_in(list(accounts)))

    def accounts_of(self, persons: Collection[str]) -> pl.DataFrame:
        """Returns the rows of ACCOUNTS of the given persons."""
        return self._read(ACCOUNTS.name, pl.col("person").is_in(list(persons)))

    def persons(self, persons: Collection[str]) -> pl.DataFrame:
        """Returns the rows of PEOPLE of the given ids, which may be retired."""
        return self._read(PEOPLE.name, pl.col("person").is_in(list(persons)))

    def persons_like(self, start: str) -> str | None:
        """Returns the only person whose id begins as `start` does; null if there are several."""
        found = self._read(PEOPLE.name, pl.col("person").str.starts_with(start))
        return str(found["person"][0]) if found.height == 1 else None

    def merged_into(self, person: str) -> list[str]:
        """Returns the retired ids that are part of `person`, sorted."""
        found = self._read(PEOPLE.name, pl.col("merged_into") == person)
        return found["person"].sort().to_list()

    def changes_of(self, person: str) -> pl.DataFrame:
        """Returns the rows of PERSON_CHANGES that name `person`, as itself or as the other."""
        named = (pl.col("person") == person) | (pl.col("other") == person)
        return self._read(PERSON_CHANGES.name, named)

    def edges_between(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Returns the rows of IDENTITY_EDGES whose two accounts are both in `accounts`.

        Args:
            accounts: rows of ACCOUNTS; those of one home are joined by an edge SAME_ID.
        """
        known = accounts["account"].to_list()
        both = pl.all_horizontal(pl.col("account_a", "account_b").is_in(known))
        stored = self._read(IDENTITY_EDGES.name, both & (pl.col("rule") != SAME_ID))
        return pl.concat([same_id_evidence(accounts), stored])

    def _read(self, table: str, rows: pl.Expr) -> pl.DataFrame:
        with name_damaged_files(self.store), translate_errors(self.store.uri):
            return self.store.scan(table, self.version).filter(rows).collect()


def same_id_evidence(accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns IDENTITY_EDGES from the first account of each shared home to its other accounts.

    If the accounts of a home are several persons, each has a star of its own, and edges between the
    stars are dropped as unlinked: nothing else keeps accounts of one home apart.

    Args:
        accounts: account, person, home; an account without a home is its own.
    """
    placed = accounts.select("account", "person", home=pl.coalesce("home", "account"))
    shared = placed.filter(pl.len().over("home") > 1).with_columns(
        first=pl.col("account").min().over("home", "person"),
        first_of_all=pl.col("account").min().over("home"),
    )
    one, two, start = pl.col("account"), pl.col("first"), pl.col("first_of_all")
    inside = shared.filter(one != two).select(account_a="first", account_b="account")
    across = shared.filter((one == two) & (one != start)).select(
        account_a="first_of_all", account_b="account", dropped_as=pl.lit("unlinked")
    )
    edges = pl.concat([inside, across], how="diagonal").with_columns(
        rule=pl.lit(SAME_ID),
        weight=pl.lit(1.0),
        terms=pl.lit([], IDENTITY_EDGES.empty().schema["terms"]),
    )
    return IDENTITY_EDGES.conform(edges)
