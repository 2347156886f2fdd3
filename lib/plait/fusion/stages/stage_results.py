"""The results that one stage of a fuse passes to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.fusion.kernels.k_core import KCore
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.identity.ledger import IdentityLedger


@dataclass(frozen=True)
class RowsRead:
    """The result of reading. The events themselves are in the spill, by bucket.

    Attributes:
        identity: the identity that is known without the events.
        catalogue: the rows of all catalogues.
        new: account, platform, home, bucket of the accounts in the rows that this run read.
        seen: the same columns of all accounts with events, in this run or the base version.
        counts_of_catalogues: the counts of catalogue rows, by platform.
        unusable_accounts: the number of unusable rows of account attributes, by platform.
        quarantined: QUARANTINE rows of catalogues, account attributes and logs of consent.
    """

    identity: KnownIdentity
    catalogue: pl.DataFrame
    new: pl.DataFrame
    seen: pl.DataFrame
    counts_of_catalogues: Mapping[str, Any]
    unusable_accounts: Mapping[str, int]
    quarantined: pl.DataFrame

    @property
    def homes(self) -> pl.DataFrame:
        """account, home of the accounts with events, and of others whose id another platform has.

        Of an account with events, only they tell the home: the next run starts from this table, and
        the accounts files may have changed by then.
        """
        away = self.identity.accounts.filter(pl.col("home") != pl.col("account"))
        away = away.join(self.seen, on="account", how="anti")
        both = pl.concat([self.seen.select("account", "home"), away.select("account", "home")])
        return both.group_by("account").agg(pl.col("home").max())


@dataclass(frozen=True)
class ResolvedAccounts:
    """The accounts, grouped by person.

    Attributes:
        accounts: account, platform, home of every account.
        components: account, component, rule.
        edges: IDENTITY_EDGES: the evidence, used or not.
        consents: CONSENTS of every account.
        rounds: the rounds that connected components took; 0: the edges fit in memory.
    """

    accounts: pl.DataFrame
    components: pl.DataFrame
    edges: pl.DataFrame
    consents: pl.DataFrame
    rounds: int


@dataclass(frozen=True)
class PartitionedPeople:
    """All persons, with their ids and buckets.

    Attributes:
        members: account, platform, person, rule.
        ledger: the identity ledger.
        placed: account, bucket, person of accounts with events; see add_consents.
        k_cores: the k-core of each platform with a k_core setting.
        touched: the buckets that differ from the base version.
        edges: IDENTITY_EDGES: the evidence, used or not.
        consents: CONSENTS of every account.
        rounds: the rounds that connected components took.
        learned: what was learned from the rows that stay; see learn_strengths.
    """

    members: pl.DataFrame
    ledger: IdentityLedger
    placed: pl.DataFrame
    k_cores: Mapping[str, KCore]
    touched: set[int]
    edges: pl.DataFrame
    consents: pl.DataFrame
    rounds: int
    learned: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MergedTables:
    """The tables that are not bucketed. Bucketed tables are written during the merge.

    Attributes:
        accounts: ACCOUNTS.
        people: PEOPLE.
        items: ITEMS.
        impressions: the number of rows of IMPRESSIONS, which are written already.
    """

    accounts: pl.DataFrame
    people: pl.DataFrame
    items: pl.DataFrame
    impressions: int = 0
