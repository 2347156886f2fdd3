"""Shows what the settings of today would make of the people of the current version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from plait.config import Project
from plait.engine.local.local_engine import LocalEngine
from plait.fusion.stages.erase_people import read_erasures
from plait.fusion.stages.find_inputs import find_inputs
from plait.fusion.stages.gather_evidence import resolve_accounts
from plait.fusion.stages.read_identity import read_identity
from plait.fusion.stages.resolve_people import assign_people, collect_accounts
from plait.identity.assertions.identity_log import read_history
from plait.privacy.pseudonym_key import load_key
from plait.store.store import Store

LARGEST = 10  # changes that a preview names
USED = "used"


@dataclass(frozen=True)
class PeoplePreview:
    """What the next fuse would change of persons, if no event came in between.

    Attributes:
        version: the store version that it is compared with.
        people_now: the number of persons with an account in that version.
        people_then: the number after the change.
        accounts: the number of accounts of that version.
        accounts_changed: how many of them would have another person id.
        merged: the number of persons that would be merged into others.
        split: the number of persons whose accounts would belong to several.
        largest: change (`merged` or `split`), person, accounts (of the accounts that are now one
            person or would be, the numbers by person, largest first) of the largest changes.
        edges: the number of pieces of evidence that would be used, or dropped, by the reason.
    """

    version: int
    people_now: int
    people_then: int
    accounts: int
    accounts_changed: int
    merged: int
    split: int
    largest: pl.DataFrame
    edges: Mapping[str, int]


def preview_people(project: Project) -> PeoplePreview:
    """Returns what the settings of `project` would change of the people; writes nothing.

    The accounts are those of the current version and of the account files; logs are not read.

    Raises:
        PlaitError: nothing has been fused yet, or an input cannot be used.
    """
    store = Store(project.store_uri)
    current = store.current()
    inputs = find_inputs(project, store)
    key, erasures = load_key(project, create=False), read_erasures(store, current)
    assertions = read_history(store, inputs.links.slices()).assertions
    known = read_identity(
        project, store, LocalEngine(), inputs, assertions, key, erasures.every
    ).known
    before = store.read("accounts", current)
    accounts = collect_accounts(before, known)
    if any(platform.k_core for platform in project.platforms.values()):
        # Whether an account that is not in the tables is in the k-core, only its events say.
        accounts = accounts.join(before, on=["account", "platform"], how="semi")
    resolved = resolve_accounts(accounts, known)
    members, _ = assign_people(
        resolved.accounts, resolved.components, store, current, key, erasures
    )
    moved = before.select("account", was="person").join(
        members.select("account", now="person"), on="account"
    )
    merges, splits = _changes(moved, "now", "was"), _changes(moved, "was", "now")
    reasons = resolved.edges["dropped_as"].fill_null(USED).value_counts(name="n")
    return PeoplePreview(
        version=current.number,
        people_now=before["person"].n_unique(),
        people_then=members["person"].n_unique(),
        accounts=before.height,
        accounts_changed=moved.filter(pl.col("was") != pl.col("now")).height,
        merged=int(merges["accounts"].list.len().sum()) - merges.height,
        split=splits.height,
        largest=pl.concat(
            [
                merges.with_columns(change=pl.lit("merged")),
                splits.with_columns(change=pl.lit("split")),
            ]
        )
        .sort(pl.col("accounts").list.sum(), "change", "person", descending=[True, False, False])
        .select("change", "person", "accounts")
        .head(LARGEST),
        edges=dict(reasons.sort("dropped_as").iter_rows()),
    )


def _changes(moved: pl.DataFrame, one: str, several: str) -> pl.DataFrame:
    """Returns person, accounts of each person of `one` with accounts of many persons of `several`.

    Args:
        moved: account, was, now.
        one: was or now.
        several: the other.
    """
    held = moved.group_by(person=one, other=several).len("accounts")
    each = held.group_by("person").agg(pl.col("accounts").sort(descending=True))
    return each.filter(pl.col("accounts").list.len() > 1)
