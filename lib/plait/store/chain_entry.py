"""An entry of a hash chain: how it is encoded, and what can be wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

FIRST_PREVIOUS = "0" * 64  # the hash before the first entry
_FIELDS = {"number", "time", "previous", "payload_hashes"}  # covered by the hash of an entry
Payload = dict[str, Any]
EntryPlace = tuple[int, int]  # the number of an entry, and the index of a payload in it, from 0


@dataclass(frozen=True)
class ChainEntry:
    """A verified entry.

    Attributes:
        number: its number, from 1.
        time: when it was appended, UTC.
        hash: its hash.
        payloads: its payloads; null for a payload that was redacted.
    """

    number: int
    time: datetime
    hash: str
    payloads: tuple[Payload | None, ...]

    def without(self, places: Collection[EntryPlace]) -> ChainEntry:
        """Returns the entry without its payloads at `places`."""
        kept = (None if (self.number, i) in places else p for i, p in enumerate(self.payloads))
        return replace(self, payloads=tuple(kept))


@dataclass(frozen=True)
class EntryFault:
    """What is wrong with an entry.

    Attributes:
        number: the number of the entry.
        seen: what was seen, as the end of a sentence about the entry.
        state: a hash of the bytes that were found; it is another one when they change.
    """

    number: int
    seen: str
    state: str


@dataclass(frozen=True)
class CheckedEntry:
    """An entry that was checked on its own, without the one before.

    Attributes:
        number: the number that it should have.
        state: a hash of the bytes found, and of those of the entry before.
        entry: the entry, if its own hash is right. Its payloads are null if they are absent or
            changed.
        previous: the hash that it gives of the entry before.
        changed: the indexes of payloads that do not have their hash.
        seen: what is wrong with the entry; '' if nothing.
    """

    number: int
    state: str
    entry: ChainEntry | None = None
    previous: str = ""
    changed: tuple[int, ...] = ()
    seen: str = ""

    def fault(self, previous: str | None, redacted: Collection[EntryPlace]) -> EntryFault | None:
        """Returns what is wrong, or null.

        Args:
            previous: the hash of the entry before; null: unknown.
            redacted: the places of the redacted payloads; other payloads may not be absent.
        """
        seen = self._seen(previous, redacted)
        return EntryFault(self.number, seen, self.state) if seen else None

    def _seen(self, previous: str | None, redacted: Collection[EntryPlace]) -> str:
        if self.entry is None:
            return self.seen
        if previous is not None and self.previous != previous:
            return (
                f"does not follow entry {self.number - 1}: one of the two was changed"
                if self.number > 1
                else "is not the first entry of its log"
            )
        if self.changed:
            return f"was changed: payload {self.changed[0]} does not have its hash"
        absent = [i for i, p in enumerate(self.entry.payloads) if p is None]
        lost = [i for i in absent if (self.number, i) not in redacted]
        return f"was changed: payload {lost[0]} was removed without a redaction" if lost else ""


def encode_entry(
    number: int, time: datetime, previous: str, salted: Sequence[tuple[str, Payload]]
) -> tuple[bytes, ChainEntry]:
    """Returns the bytes of a new entry, and the entry.

    Args:
        number: its number, from 1.
        time: the current time.
        previous: the hash of the entry before.
        salted: its payloads, each with a random salt.
    """
    header = {
        "number": number,
        "time": time.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous": previous,
        "payload_hashes": [_payload_hash(salt, payload) for salt, payload in salted],
    }
    payloads = [{"salt": salt, "payload": payload} for salt, payload in salted]
    hash_ = _sha256(_canonical(header))
    body = _canonical(header | {"hash": hash_, "payloads": payloads})
    return body, ChainEntry(number, time, hash_, tuple(payload for _, payload in salted))


def check_entry(number: int, body: bytes | None, before: bytes | None) -> CheckedEntry:
    """Returns entry `number`, checked on its own.

    Args:
        number: the number in the name of its object.
        body: its bytes; null: the object is missing.
        before: the bytes of the entry before; null if there is none.
    """
    state = _sha256(b"%s %s" % (_sha256(before or b"").encode(), _sha256(body or b"").encode()))
    if body is None:
        return CheckedEntry(number, state, seen="is missing")
    try:
        record = json.loads(body)
        header = {name: record[name] for name in _FIELDS}
        salted, hashes = record["payloads"], header["payload_hashes"]
        time = datetime.fromisoformat(header["time"])
        good = [p is None or _payload_hash(p["salt"], p["payload"]) == h
                for p, h in zip(salted, hashes, strict=True)]  # fmt: skip
        whole = body == _canonical(header | {"hash": record["hash"], "payloads": salted})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return CheckedEntry(number, state, seen="is no entry of this log: it cannot be parsed")
    if not whole or record["hash"] != _sha256(_canonical(header)):
        return CheckedEntry(number, state, seen="was changed: it does not have its hash")
    if header["number"] != number:
        return CheckedEntry(number, state, seen=f"holds entry {header['number']}")
    payloads = tuple(p["payload"] if p and ok else None for p, ok in zip(salted, good, strict=True))
    changed = tuple(i for i, ok in enumerate(good) if not ok)
    entry = ChainEntry(number, time, record["hash"], payloads)
    return CheckedEntry(number, state, entry, header["previous"], changed)


def redact_body(body: bytes, indexes: Collection[int]) -> bytes:
    """Returns the bytes of an entry without the payloads at `indexes` and their salts."""
    record = json.loads(body)
    kept = [None if i in indexes else p for i, p in enumerate(record["payloads"])]
    return _canonical(record | {"payloads": kept})


def _payload_hash(salt: str, payload: Payload) -> str:
    return _sha256(salt.encode() + b" " + _canonical(payload))


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
