"""`plait erase`: writes an erasure into the store, for all that read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from plait.config import Project
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import BadRequest, UnknownPlatform, nearest
from plait.fusion.stages.resolve_people import current_version
from plait.privacy.erasure import erased_hash, erasure_rows, person_after
from plait.privacy.pseudonym import account_pseudonym, load_key, person_of
from plait.store.erasures.receipt import (
    Receipt,
    new_receipt_id,
    utc_text,
    write_receipt,
)
from plait.store.erasures.update_receipts import look_at_places
from plait.store.feedback.erasure_log import read_erasure_rows
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_paths import ERASURES_FOLDER
from plait.store.require_writable import require_writable
from plait.store.store import Store


@dataclass(frozen=True)
class ErasurePlan:
    """Whom an erasure is about.

    Attributes:
        ids: the accounts with their platforms, and the person ids with null.
        accounts: the number of accounts.
        events: the number of their events in the current store version.
    """

    ids: dict[str, str | None]
    accounts: int
    events: int


def plan_account(project: Project, store: Store, platform: str, account: str) -> ErasurePlan:
    """Returns the plan to erase one account, known or not.

    Raises:
        UnknownPlatform: the project has no such platform.
    """
    if platform not in project.platforms:
        raise UnknownPlatform(
            f"the project has no platform '{platform}'.",
            allowed=nearest(platform, project.platforms),
            fix="Name one with --platform.",
        )
    raw = pl.Series([account.strip(AROUND_IDS)], dtype=pl.String)
    name = account_pseudonym(raw, load_key(project), platform)[0]
    accounts, people = _tables(store)
    owner = accounts.filter(account=name)["person"]
    alone = owner.len() and accounts.filter(pl.col("person") == owner[0]).height == 1
    persons = _ids_of(people, owner[0]) if alone else []
    return _plan(store, accounts, {name: platform}, persons)


def plan_person(store: Store, person: str) -> ErasurePlan:
    """Returns the plan to erase a person, by their id or by one that was merged into it.

    Raises:
        BadRequest: the current version has no such person.
    """
    accounts, people = _tables(store)
    known = people.filter(person=person)
    if known.is_empty():
        raise BadRequest(
            f"the current store version has no person {person[:80]!a}.",
            allowed="An id begins with p_; `plait recommend` and the endpoint name it.",
            fix="Erase an account instead: plait erase --platform NAME --account ID",
        )
    active = known["merged_into"][0] or person
    own = accounts.filter(person=active)
    return _plan(store, accounts, dict(own.select("account", "platform").iter_rows()),
                 _ids_of(people, active))  # fmt: skip


def erase_in_store(store: Store, plan: ErasurePlan) -> Receipt:
    """Writes the erasure of `plan` into the feedback log of the store; returns its receipt.

    Raises:
        StoreError: the store cannot be written. Then nothing is erased.
    """
    require_writable(store)
    now = datetime.now(UTC)
    receipt = Receipt(new_receipt_id(), utc_text(now), plan.accounts, "cli")
    FeedbackLog(store).write_directly(erasure_rows(plan.ids, receipt.id, now), ERASURES_FOLDER)
    receipt = look_at_places(store, receipt)
    write_receipt(store, receipt)
    return receipt


def _tables(store: Store) -> tuple[pl.DataFrame, pl.DataFrame]:
    version = current_version(store)
    if version is None:
        empty = pl.DataFrame(schema=dict.fromkeys(("account", "person", "merged_into"), pl.String))
        return empty.with_columns(events=pl.lit(0)), empty
    return store.read("accounts", version), store.read("people", version)


def _ids_of(people: pl.DataFrame, person: str) -> list[str]:
    """Returns the id `person`, and those that were merged into it."""
    return [person, *people.filter(merged_into=person)["person"]]


def _plan(
    store: Store, accounts: pl.DataFrame, own: dict[str, str | None], persons: list[str]
) -> ErasurePlan:
    names = pl.DataFrame({"account": list(own)}, {"account": pl.String})
    before = read_erasure_rows(store)
    made = names.with_columns(erased=erased_hash(pl.col("account"))).join(before, on="erased")
    after = made.select(person=person_after(pl.col("account"), pl.col("receipt")))["person"]
    first = names.select(person=person_of(pl.col("account")))["person"]
    ids = {**own, **dict.fromkeys([*persons, *first, *after])}
    held = accounts.join(names, on="account", how="semi")
    return ErasurePlan(ids, len(own), int(held["events"].sum() or 0))
