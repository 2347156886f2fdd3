"""A hash chain: numbered entries that are only appended, so that a change of any of them is seen.

The object `<prefix>/<number>.json` is an entry. Its hash covers its number, its time, the hash of
the entry before, and the hash of each of its payloads. The hash of a payload covers a random salt,
so it tells nothing about the payload. Therefore a payload and its salt can be removed later
(redaction), and the chain still verifies. A later entry names every redaction, and every break of
the chain that somebody accepted. An entry is put if absent: of two writers, one succeeds, and the
other one appends to the new end.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from obstore.exceptions import AlreadyExistsError

from plait.errors import StoreError
from plait.store.chain_entry import (
    FIRST_PREVIOUS,
    ChainEntry,
    EntryFault,
    EntryPlace,
    Payload,
    check_entry,
    encode_entry,
    redact_body,
)
from plait.store.store_objects import (
    ObjectStore,
    address_of,
    list_objects,
    read_object,
    sync_object,
    write_object,
)

BREAK, REDACTION = "accepted_break", "redaction"  # kinds of payloads that the chain itself writes
_READ_THREADS = 32  # entries read in parallel, because S3 is slow
_FEW = 4  # entries read one after the other
_Bodies = Mapping[int, bytes]


class CorruptLog(StoreError):
    """An entry of a hash chain is missing, changed or unreadable."""


class NoEntry(StoreError):
    """A hash chain has no such entry."""


@dataclass(frozen=True)
class ChainContent:
    """What a hash chain holds.

    Attributes:
        entries: the verified entries, by number.
        faults: the faults that nobody accepted, by number.
        end: the number of the last entry; 0 if there is none.
        head: the hash of the last entry.
        redacted: the places of all redacted payloads.
        accepted: the numbers of the entries whose break was accepted.
    """

    entries: list[ChainEntry]
    faults: list[EntryFault]
    end: int
    head: str
    redacted: frozenset[EntryPlace]
    accepted: frozenset[int]


class HashChain:
    """The hash chain under `prefix` of an object store.

    Args:
        objects: the object store.
        prefix: the folder of the chain.
        on_break: the command that accepts a break, for messages; `{}` is replaced by the number.
        anchor: the number and the hash of an entry that a reader has seen. A chain that lost its
            last entries is a valid chain, and only such a reader can tell.
    """

    def __init__(
        self,
        objects: ObjectStore,
        prefix: str,
        on_break: str,
        anchor: tuple[int, str] | None = None,
    ) -> None:
        self._objects, self._prefix, self._on_break = objects, prefix, on_break
        self._anchor = anchor

    def read(self) -> ChainContent:
        """Returns the content of the chain, verified.

        Raises:
            CorruptLog: an entry is missing, changed or unreadable.
            StoreError: the store cannot be read.
        """
        return self._verified(self._bodies({}))

    def append(self, decide: Callable[[ChainContent], Sequence[Payload]]) -> ChainEntry | None:
        """Appends an entry with the payloads that `decide` returns; returns the entry.

        If another writer is faster, `decide` is called again with the new content. If it returns
        no payload, nothing is appended, and the result is null.

        Raises:
            CorruptLog: an entry is missing, changed or unreadable. Nothing is appended.
            StoreError: the store cannot be read or written.
        """

        def as_one(content: ChainContent) -> Sequence[Sequence[Payload]]:
            payloads = decide(content)
            return [payloads] if payloads else []

        made = self.append_all(as_one)
        return made[0] if made else None

    def append_all(
        self, decide: Callable[[ChainContent], Sequence[Sequence[Payload]]]
    ) -> list[ChainEntry]:
        """Appends several entries, as `append`; `decide` returns the payloads of each.

        If another writer is faster, or this one is killed, the entries before stay.
        """
        made: list[ChainEntry] = []
        bodies: _Bodies = {}
        while True:
            bodies = self._bodies(bodies)
            content = self._verified(bodies)
            for payloads in decide(content):
                entry = self._put(content, payloads)
                if entry is None:
                    break
                made.append(entry)
                content = replace(content, end=entry.number, head=entry.hash)
            else:
                return made

    def redact(self, places: Collection[EntryPlace], who: str, why: str) -> None:
        """Removes the payloads at `places` for ever; their hashes stay, so the chain verifies.

        It appends an entry that names the places, then it removes the payloads. If it is killed in
        between, readers do not see these payloads, and a second call removes them.

        Raises:
            NoEntry: there is no payload at a place.
            CorruptLog: an entry is missing, changed or unreadable. Nothing is redacted.
            StoreError: the store cannot be read or written.
        """

        def decide(content: ChainContent) -> Sequence[Payload]:
            known = {(e.number, i) for e in content.entries for i in range(len(e.payloads))}
            if lacking := sorted(set(places) - known):
                number, index = lacking[0]
                raise NoEntry(
                    f"'{self._name(number)}' of the store '{address_of(self._objects)}' has no "
                    f"payload {index}.",
                    fix="Name a payload that is in the log.",
                )
            new = sorted(set(places) - content.redacted)
            named = {"of": [list(place) for place in new], "who": who, "why": why}
            return [{"kind": REDACTION, **named}] if new else []

        self.append(decide)
        self.remove_redacted({number for number, _ in places})

    def remove_redacted(self, numbers: Collection[int] | None = None) -> None:
        """Removes all redacted payloads of the entries `numbers` (default: all) from their objects.

        Raises:
            CorruptLog: an entry is missing, changed or unreadable.
            StoreError: the store cannot be read or written.
        """
        while True:  # another redaction of the same entry may write back what this one removed
            bodies = self._bodies({})
            redacted = self._verified(bodies).redacted
            by_number: dict[int, set[int]] = {}
            for number, index in redacted:
                if numbers is None or number in numbers:
                    by_number.setdefault(number, set()).add(index)
            cleaned = {n: redact_body(bodies[n], found) for n, found in by_number.items()}
            changed = {n: body for n, body in cleaned.items() if body != bodies[n]}
            if not changed:
                return
            for number, body in changed.items():
                write_object(self._objects, self._name(number), body)
                sync_object(self._objects, self._name(number))

    def accept_break(self, number: int, who: str, why: str) -> ChainEntry:
        """Appends an entry which accepts that entry `number` is broken; returns the new entry.

        From then on the chain verifies. What is left of the broken entry stays in the store. It
        counts again as soon as its original bytes are restored. If the broken entry changes once
        more, that is another break.

        Raises:
            NoEntry: the chain has no unaccepted break at that number.
            StoreError: the store cannot be read or written.
        """
        while True:
            content = self._content(self._bodies({}))
            found = [fault for fault in content.faults if fault.number == number]
            if not found:
                named = ", ".join(str(fault.number) for fault in content.faults)
                raise NoEntry(
                    f"entry {number} of '{self._prefix}' is not broken.",
                    allowed=f"Broken: {named}." if named else "No entry is broken.",
                )
            fault = found[0]
            payload = {"kind": BREAK, "of": number, "state": fault.state, "seen": fault.seen}
            if made := self._put(content, [{**payload, "who": who, "why": why}]):
                return made

    def _verified(self, bodies: _Bodies) -> ChainContent:
        content = self._content(bodies)
        if content.faults:
            raise self.corrupt_error(content.faults[0], len(content.faults) - 1)
        return content

    def corrupt_error(self, fault: EntryFault, more: int = 0) -> CorruptLog:
        """Returns the error about `fault`, and about `more` other faults."""
        others = f" {more} more entries are broken." if more else ""
        return CorruptLog(
            f"'{self._name(fault.number)}' of the store '{address_of(self._objects)}' "
            f"{fault.seen}.{others}",
            allowed="Entries of this log are never changed or removed.",
            fix=f"Restore it from a backup of the store. If there is none, accept the break: "
            f"{self._on_break.format(fault.number)}",
        )

    def _content(self, bodies: _Bodies) -> ChainContent:
        """Returns the content of the chain with `bodies`, and all faults."""
        end = max(bodies, default=0)
        checked = [check_entry(n, bodies.get(n), bodies.get(n - 1)) for n in range(1, end + 1)]
        said = [p for c in checked if c.entry for p in c.entry.payloads if p is not None]
        accepted = {(p["of"], p["state"]) for p in said if p.get("kind") == BREAK}
        redacted = frozenset(
            (int(number), int(index))
            for p in said
            if p.get("kind") == REDACTION
            for number, index in p["of"]
        )
        entries: list[ChainEntry] = []
        faults: list[EntryFault] = []
        previous: str | None = FIRST_PREVIOUS  # null: unknown, after a broken entry
        for found in checked:
            if fault := found.fault(previous, redacted):
                faults.append(fault)
            previous = found.entry.hash if found.entry else None
            if found.entry:
                entries.append(found.entry.without(redacted))
        if lost := self._lost_end(entries, faults):
            faults.append(lost)
        broken = {(fault.number, fault.state) for fault in faults}
        left = [fault for fault in faults if (fault.number, fault.state) not in accepted]
        head = previous or checked[-1].state
        return ChainContent(
            entries, left, end, head, redacted, frozenset(n for n, _ in broken & accepted)
        )

    def _lost_end(
        self, entries: Sequence[ChainEntry], faults: Sequence[EntryFault]
    ) -> EntryFault | None:
        """Returns the fault of a chain that lacks the entry of the anchor; null if it has it."""
        if self._anchor is None:
            return None
        number, hash_ = self._anchor
        if any(fault.number == number for fault in faults):
            return None
        found = {entry.number: entry.hash for entry in entries}.get(number)
        if found == hash_:
            return None
        seen = "is missing" if found is None else "is not the entry that was there"
        return EntryFault(number, f"{seen}, although the current version was fused with it", hash_)

    def _put(self, content: ChainContent, payloads: Sequence[Payload]) -> ChainEntry | None:
        """Puts the next entry; returns it, or null if another writer was faster."""
        now = datetime.now(UTC)
        salts = [secrets.token_hex(16) for _ in payloads]
        number = content.end + 1
        body, entry = encode_entry(
            number, now, content.head, list(zip(salts, payloads, strict=True))
        )
        name = self._name(number)
        try:
            write_object(self._objects, name, body, new=True)
        except AlreadyExistsError:
            # If a response was lost, the client retries and finds its own entry.
            if read_object(self._objects, name) != body:
                return None
        sync_object(self._objects, name)
        return entry

    def _bodies(self, known: _Bodies) -> dict[int, bytes]:
        """Returns the bytes of every entry by number; entries in `known` are not read again."""
        names = (m["path"].rsplit("/", 1)[-1] for m in list_objects(self._objects, self._prefix))
        numbers = {int(n[:-5]) for n in names if n.endswith(".json") and n[:-5].isdigit()}

        def read(number: int) -> bytes | None:
            try:
                return read_object(self._objects, self._name(number))
            except FileNotFoundError:  # a name of another form, such as 1.json
                return None

        fresh = sorted(n for n in numbers if n and n not in known)
        if len(fresh) <= _FEW:
            bodies = list(map(read, fresh))
        else:
            with ThreadPoolExecutor(_READ_THREADS) as pool:
                bodies = list(pool.map(read, fresh))
        found = zip(fresh, bodies, strict=True)
        return dict(known) | {n: body for n, body in found if body is not None}

    def _name(self, number: int) -> str:
        return f"{self._prefix}/{number:08d}.json"
