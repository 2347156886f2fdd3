"""Assigns the accounts of a run to persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from plait.clean.fingerprint import hash_column
from plait.contracts.consent_rows import CONSENT_STATEMENTS
from plait.contracts.identity_tables import BLOCKED_KEYS
from plait.errors import NothingFused
from plait.fusion.kernels.k_core import KCore
from plait.fusion.stages.erase_people import FusionErasures, forget_people, rename_new_people
from plait.identity.cluster_guards import ClusterGuards
from plait.identity.ledger import IdentityLedger, assign_person_ids
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey
from plait.store.store import Store
from plait.store.store_version import StoreVersion


@dataclass(frozen=True)
class KnownIdentity:
    """The identity that is known before the first event is read.

    Attributes:
        accounts: account, platform, home of accounts with attributes.
        edges: valid EVIDENCE_EDGES of all sources except account ids, which are complete only
            after the events are read.
        ever_linked: account, platform of accounts that were ever linked or unlinked.
        guards: what keeps accounts apart although edges join them.
        blocked: BLOCKED_KEYS: the key values that identify nobody.
        statements: CONSENT_STATEMENTS, merged.
        default_consent: the purposes of accounts that say nothing, by platform.
        learned: what a source of evidence learned, such as the parameters of a model.
    """

    accounts: pl.DataFrame
    edges: pl.DataFrame
    ever_linked: pl.DataFrame
    guards: ClusterGuards = field(default_factory=ClusterGuards)
    blocked: pl.DataFrame = field(default_factory=BLOCKED_KEYS.empty)
    statements: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=CONSENT_STATEMENTS)
    )
    default_consent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    learned: Mapping[str, Any] = field(default_factory=dict)

    def without_evidence(self) -> KnownIdentity:
        """Returns it without what only serves to resolve accounts, and takes much memory.

        Of the accounts, those are left whose id another platform has.
        """
        away = self.accounts.filter(pl.col("home") != pl.col("account"))
        return replace(self, accounts=away, edges=self.edges.clear(), guards=ClusterGuards())


def merge_seen_accounts(partials: pl.DataFrame) -> pl.DataFrame:
    """Returns account, platform, home, bucket: one row per account, platform and bucket."""
    return partials.group_by("account", "platform", "bucket").agg(pl.col("home").max())


def collect_accounts(seen: pl.DataFrame, known: KnownIdentity) -> pl.DataFrame:
    """Returns account, platform, home of every account: seen, with attributes, or ever linked.

    An unlinked account stays. Otherwise the id of its person would remain merged into the other
    person's id.
    """
    everyone = pl.concat(
        [
            seen.select("account", "platform", "home"),
            known.accounts.select("account", "platform", "home"),
            known.ever_linked.with_columns(home=pl.lit(None, pl.String)),
        ]
    )
    return everyone.group_by("account", "platform").agg(
        pl.col("home").max().fill_null(pl.col("account").first())
    )


def accounts_outside_k_core(
    accounts: pl.DataFrame, seen: pl.DataFrame, cores: Mapping[str, KCore]
) -> pl.DataFrame:
    """Returns the accounts whose events a k-core removed."""
    gone = pl.lit(value=False)
    for platform, core in cores.items():
        here = pl.col("platform") == platform
        gone |= here & ~hash_column("account").is_in(core.accounts.implode())
    had = accounts.join(seen.select("account").unique(), on="account", how="semi")
    return had.filter(gone).select("account")


def assign_people(
    accounts: pl.DataFrame,
    components: pl.DataFrame,
    store: Store,
    base: StoreVersion | None,
    key: PseudonymKey,
    erasures: FusionErasures,
) -> tuple[pl.DataFrame, IdentityLedger]:
    """Returns account, platform, person, rule of `accounts`, and the identity ledger.

    Args:
        accounts: account, platform.
        components: account, component, rule.
        store: the store with the current version.
        base: the current version, or null.
        erasures: what the ledger forgets.
        key: the pseudonym key; the accounts of `base` may be under an older one of its chain.
    """
    number_ = 1 if base is None else base.number + 1
    before = people = None
    if base is not None:
        before = store.scan("accounts", base).select("account", "person").collect()
        people = store.scan("people", base).collect()
        before, people = forget_people(before, people, erasures.new)
        before = lift_columns(before, key, "account")
        people = lift_columns(people, key, "founded_by")
    ledger = assign_person_ids(components, number_, before, people)
    ledger = rename_new_people(ledger, accounts["account"], erasures.every)
    named = components.join(ledger.persons, on="component").join(
        accounts.select("account", "platform"), on="account"
    )
    return named.select("account", "platform", "person", "rule"), ledger


def current_version(store: Store) -> StoreVersion | None:
    """Returns the store's current version, or null if nothing has been fused yet."""
    try:
        return store.current()
    except NothingFused:
        return None
