"""The receipt of an erasure, an object of the store. It names nobody."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from plait.errors import StoreError
from plait.store.store import Store
from plait.store.store_objects import list_objects, read_object, write_object

RECEIPTS_FOLDER = "erasures/receipts"
_ID = re.compile(r"x_[0-9a-f]{32}")


@dataclass(frozen=True)
class PlaceState:
    """How far an erasure is in one place.

    Attributes:
        state: done; pending: `what` will do it; none: there is nothing to erase.
        at: when it was done or found to be done, RFC 3339, UTC; '' while it is pending.
        what: what was done, or what will do it.
    """

    state: Literal["done", "pending", "none"]
    at: str = ""
    what: str = ""


@dataclass(frozen=True)
class Receipt:
    """The receipt of one erasure.

    Attributes:
        id: its random id.
        requested: when the erasure was requested, RFC 3339, UTC. All up to then is erased.
        accounts: the number of accounts.
        by: what took the request: http or cli.
        version: the first store version without the person; null: not yet.
        places: the state of each place, by its name.
    """

    id: str
    requested: str
    accounts: int = 0
    by: str = ""
    version: int | None = None
    places: Mapping[str, PlaceState] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is pending in any place."""
        return bool(self.places) and all(p.state != "pending" for p in self.places.values())

    def with_place(self, name: str, state: PlaceState) -> Receipt:
        """Returns the receipt with `state` for the place `name`. When it was done does not change.

        A place that was done and is pending again (a model that was rolled back) is pending.
        """
        before = self.places.get(name)
        if before and before.state == state.state != "pending":
            state = replace(state, at=before.at)
        return replace(self, places={**self.places, name: state})

    def record(self) -> dict[str, Any]:
        """Returns the JSON object."""
        return {**asdict(self), "done": self.done}


def new_receipt_id() -> str:
    """Returns a random id for a receipt."""
    return f"x_{secrets.token_hex(16)}"


def utc_text(moment: datetime | None = None) -> str:
    """Returns `moment` (default: now) as RFC 3339 in UTC, in seconds."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")


def write_receipt(store: Store, receipt: Receipt) -> None:
    """Writes `receipt`.

    Raises:
        StoreError: the store cannot be written.
    """
    write_object(store.objects, _path(receipt.id), json.dumps(receipt.record(), indent=1).encode())


def read_receipt(store: Store, receipt: str) -> Receipt:
    """Returns the receipt with the id `receipt`.

    Raises:
        StoreError: there is none, or the store cannot be read.
    """
    try:
        if _ID.fullmatch(receipt):
            return _parse(read_object(store.objects, _path(receipt)))
    except FileNotFoundError:
        pass
    raise StoreError(
        f"the store '{store.uri}' has no receipt {receipt[:80]!a}.",
        fix="List the receipts with `plait erase --status all`.",
    )


def read_receipts(store: Store) -> list[Receipt]:
    """Returns all receipts, the oldest first.

    Raises:
        StoreError: the store cannot be read.
    """
    metas = list_objects(store.objects, RECEIPTS_FOLDER)
    found = [_parse(read_object(store.objects, meta["path"])) for meta in metas]
    return sorted(found, key=lambda one: (one.requested, one.id))


def _parse(body: bytes) -> Receipt:
    record = json.loads(body)
    record.pop("done", None)
    places = {name: PlaceState(**state) for name, state in record.pop("places").items()}
    return Receipt(**record, places=places)


def _path(receipt: str) -> str:
    return f"{RECEIPTS_FOLDER}/{receipt}.json"
