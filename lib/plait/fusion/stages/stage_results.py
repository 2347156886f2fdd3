"""What the stages of a fuse hand on to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.fusion.kernels.k_core import KCore
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.identity.ledger import IdentityLedger


@dataclass(frozen=True)
class RowsRead:
    """What was read; the events themselves lie in the spill, by bucket.

    Attributes:
        identity: what is known of identity beside the events.
        catalogue: rows of all catalogues.
        new: account, platform, home, bucket of the accounts in this run's rows.
        seen: the same of every account whose events were ever read.
        counts_of_catalogues: by platform, what became of its catalogue's rows.
        unusable_accounts: by platform, rows of account attributes that cannot be used.
    """

    identity: KnownIdentity
    catalogue: pl.DataFrame
    new: pl.DataFrame
    seen: pl.DataFrame
    counts_of_catalogues: Mapping[str, Any]
    unusable_accounts: Mapping[str, int]


@dataclass(frozen=True)
class ResolvedAccounts:
    """Which accounts are one person.

    Attributes:
        accounts: account, platform, home of every account.
        components: account, component, rule.
    """

    accounts: pl.DataFrame
    components: pl.DataFrame


@dataclass(frozen=True)
class PartitionedPeople:
    """Every person with an id and a bucket.

    Attributes:
        members: account, platform, person, rule.
        ledger: the ids behind them.
        placed: account, bucket, person of accounts with events.
        k_cores: by platform that asks for one.
        touched: the buckets that are not as the base version has them.
    """

    members: pl.DataFrame
    ledger: IdentityLedger
    placed: pl.DataFrame
    k_cores: Mapping[str, KCore]
    touched: set[int]


@dataclass(frozen=True)
class MergedTables:
    """The tables that are written whole; those of buckets are written already.

    Attributes:
        accounts: ACCOUNTS.
        people: PEOPLE.
        items: ITEMS.
        impressions: how many IMPRESSIONS there are; they are written already.
    """

    accounts: pl.DataFrame
    people: pl.DataFrame
    items: pl.DataFrame
    impressions: int = 0
