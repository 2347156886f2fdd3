"""What the endpoint does for a person's rights: it tells, exports and erases what is known."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from plait.config import Project
from plait.contracts.consent_rows import PURPOSES
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.privacy_messages import ErasureReceipt, KnownAccount, KnownPerson
from plait.errors import NothingFused, StoreError, nearest
from plait.live import LiveState, PersonLookup, PersonState
from plait.live.stream_entries import split_members
from plait.privacy.erasure import Erasures
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.serving.impressions import ImpressionWriter
from plait.serving.known_person import KnownAccounts, json_line, time_text
from plait.serving.problems import ProblemError, field_problem
from plait.store import Store
from plait.store.erasures.receipt import (
    PlaceState,
    Receipt,
    new_receipt_id,
    read_receipt,
    utc_text,
    write_receipt,
)
from plait.store.erasures.update_receipts import look_at_places
from plait.store.feedback.erasure_log import unread_erasure_rows

log = logging.getLogger("plait.serving")
_RECENT = ("event_id", "item", "type", "strength", "time")
_PERSON = re.compile(r"p_[0-9a-f]{32}")


class PrivacyService:
    """Tells, exports and erases what is known of people. Methods block.

    Args:
        project: names the platforms.
        key: the pseudonym key.
        state: live state.
        store: the store.
        impressions: the buffer of impressions of this replica, if there is one.
    """

    def __init__(
        self,
        project: Project,
        key: PseudonymKey,
        state: LiveState,
        store: Store,
        impressions: ImpressionWriter | None = None,
    ) -> None:
        self._project, self._key, self._state = project, key, state
        self._store, self._impressions = store, impressions

    def describe(self, person: str) -> KnownPerson:
        """Returns what is known of `person`.

        Raises:
            ProblemError: 404, nobody has this id; 503, live state is being loaded.
            LiveStateDown: live state does not answer.
        """
        live, known = self._find(person)
        events = known.events()
        rows = {row["account"]: row for row in known.accounts.to_dicts()}
        accounts = [
            KnownAccount(
                account=account,
                platform=platform or row.get("platform", ""),
                events=row.get("events", 0),
                first_time=time_text(row.get("first_time")),
                last_time=time_text(row.get("last_time")),
                consent={name: row[name] is not False for name in PURPOSES if name in row},
            )
            for account, platform in live.accounts
            for row in [rows.get(account, {})]
        ]
        return KnownPerson(
            person_id=live.person,
            platforms=sorted({one.platform for one in accounts if one.platform}),
            accounts=accounts,
            events=sum(one.events for one in accounts),
            recent_events=len(live.recent),
            events_by_type=dict(events.group_by("type").len().sort("type").iter_rows()),
            store_version=known.version.number,
        )

    def export(self, person: str) -> Iterator[bytes]:
        """Returns everything about `person` as JSON lines; raises as `describe`, before the first.

        Recent events are those of live state, without their account.
        """
        described = self.describe(person)
        live, known = self._find(person)
        recent = split_members(live.recent)

        def lines() -> Iterator[bytes]:
            yield json_line({"kind": "person", **described.model_dump(exclude={"accounts"})})
            yield from known.lines()
            for values in zip(*(recent[name] for name in _RECENT), strict=True):
                event = dict(zip(_RECENT, values, strict=True))
                moment = int(event["time"]) if event["time"] else None
                event["time"] = moment and time_text(datetime.fromtimestamp(moment / 1e6, UTC))
                yield json_line({"kind": "recent_event", **event})

        return lines()

    def erase_person(self, person: str) -> ErasureReceipt:
        """Erases `person` with all accounts; returns the receipt, or that of an earlier erasure.

        Raises:
            ProblemError: 404, nobody has this id, now or before an erasure.
            LiveStateDown: live state does not answer. Then the call must be sent again.
        """
        return self._erase(self._lookup(person))

    def erase_account(self, platform: str, account: str) -> ErasureReceipt:
        """Erases one account, known or not; returns the receipt, or that of an earlier erasure.

        Raises:
            ProblemError: 422, there is no such platform.
            LiveStateDown: live state does not answer. Then the call must be sent again.
        """
        if platform not in self._project.platforms:
            hint = nearest(platform, self._project.platforms)
            raise field_problem("platform", f"there is no platform '{platform}'", hint)
        ids = pl.Series([account.strip(AROUND_IDS)], dtype=pl.String)
        space = self._project.id_namespace(platform)
        return self._erase(
            PersonLookup(account=account_pseudonym(ids, self._key, space)[0], platform=platform)
        )

    def receipt(self, name: str) -> ErasureReceipt:
        """Returns the receipt `name`, with the state of each place as it is now.

        Raises:
            ProblemError: 404, there is no such receipt.
        """
        try:
            found = read_receipt(self._store, name)
        except StoreError:
            detail = "There is no such receipt, or the store cannot be read."
            raise ProblemError(404, detail) from None
        return _message(look_at_places(self._store, found))

    def _erase(self, lookup: PersonLookup) -> ErasureReceipt:
        now = datetime.now(UTC)
        erased = self._state.erase(lookup, new_receipt_id(), now)
        if not erased.known and not erased.accounts:
            raise _unknown_person()
        if erased.repeated:
            return self.receipt(erased.receipt)
        self._state.finish_erasures()
        if self._impressions is not None:
            self._impressions.forget(erased.ids)
        state = PlaceState("done", utc_text(now), "a stranger from the next answer on")
        made = Receipt(
            erased.receipt, utc_text(now), erased.accounts, "http", None, {"live_state": state}
        )
        try:
            made = look_at_places(self._store, made)
            write_receipt(self._store, made)
        except StoreError as error:  # the next fuse writes it
            log.warning("the receipt of an erasure cannot be written: %s", error)
        return _message(made)

    def _lookup(self, person: str) -> PersonLookup:
        if not _PERSON.fullmatch(person):
            raise _unknown_person()
        return PersonLookup(person, f"a_{self._key.id}_{person[2:]}", "")

    def _find(self, person: str) -> tuple[PersonState, KnownAccounts]:
        """Returns what live state and the newest store version know of `person`."""
        live = self._state.read_people([self._lookup(person)])[0]
        if not live.whole:
            detail = "Live state is being loaded, so not everything can be told now."
            raise ProblemError(503, detail, headers={"Retry-After": "5"})
        try:
            version = self._store.current()
        except NothingFused:
            detail = "Nothing has been fused yet."
            raise ProblemError(503, detail, headers={"Retry-After": "5"}) from None
        unread = Erasures(unread_erasure_rows(self._store, version))
        names = [account for account, _ in live.accounts]
        known = KnownAccounts.of(self._store, version, names, unread)
        if not (live.recent or live.seen or live.base or known.accounts.height):
            raise _unknown_person()
        return live, known


def _message(receipt: Receipt) -> ErasureReceipt:
    return ErasureReceipt.model_validate(receipt.record())


def _unknown_person() -> ProblemError:
    return ProblemError(404, "Nobody has this person id. Ids are in responses: person.person_id.")
