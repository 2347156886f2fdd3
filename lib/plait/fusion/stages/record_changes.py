"""Records what a run changes of persons."""

from __future__ import annotations

import polars as pl

from plait.contracts.identity_tables import PERSON_CHANGES
from plait.contracts.store_tables import ACCOUNTS, PEOPLE
from plait.identity.person_changes import find_person_changes
from plait.privacy.erasure import Erasures
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey
from plait.store.store import Store
from plait.store.store_version import StoreVersion


def record_person_changes(
    store: Store,
    current: StoreVersion | None,
    members: pl.DataFrame,
    people: pl.DataFrame,
    key: PseudonymKey,
    erased: Erasures,
) -> pl.DataFrame:
    """Returns PERSON_CHANGES: those of the current version, and what this run changes.

    Args:
        store: the store with the current version.
        current: the current version, or null: then nothing changes.
        members: account, platform, person, rule of this run.
        people: PEOPLE of this run.
        key: the pseudonym key; `current` may be under an older one of its chain.
        erased: what was erased, of which nothing is told.
    """
    if current is None:
        return PERSON_CHANGES.empty()
    before = store.scan(ACCOUNTS.name, current).select("account", "platform", "person")
    known = store.scan(PEOPLE.name, current).select("person", "merged_into", "accounts")
    changes = find_person_changes(
        lift_columns(before.collect(), key, "account"),
        known.collect(),
        members,
        people,
        current.number + 1,
    )
    earlier = lift_columns(store.read(PERSON_CHANGES.name, current), key, "account")
    every = pl.concat([earlier, changes])
    if not erased:
        return every
    told = [erased.covers(every[name]) for name in ("person", "other", "account")]
    return every.filter(~pl.any_horizontal(told))
