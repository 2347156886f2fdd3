"""Live state in this process's memory: the second implementation of the LiveState protocol."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import LiveStateDown, LossyLiveState, TooManyAccounts
from plait.features.sequences import MAX_SEEN_ITEMS
from plait.live.base_content import base_name, read_base_tables, watermark
from plait.live.codec import is_readable, pack_sequences
from plait.live.link_reason import NO_REASON, Reason
from plait.live.live_state import (
    BaseStatus,
    FeedbackStream,
    PersonLookup,
    PersonState,
    StreamEntry,
)
from plait.live.stream_entries import decode_links, encode_events, encode_link, encode_unlink
from plait.store import Store, StoreVersion
from plait.store.feedback.log_paths import EVENTS_FOLDER, LINKS_FOLDER

Account = tuple[str, str]


class MemoryLiveState:
    """Live state without a server: links are a graph over the base's people, resolved when read.

    Attributes:
        down_reason: set it, and nothing is answered until it is '' again.

    Args:
        length: item events kept of one account.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.down_reason = ""
        self._name = ""
        self._base: dict[str, dict[str, str | bytes | int]] = {kind: {} for kind in "amotsh"}
        self._known: set[str] = set()
        self._recent: dict[str, list[tuple[float, bytes, str]]] = defaultdict(list)
        self._pushed: dict[str, dict[str, str]] = defaultdict(dict)
        self._streams: dict[FeedbackStream, dict[str, str]] = {"events": {}, "links": {}}
        self._delivered: dict[FeedbackStream, list[str]] = {"events": [], "links": []}
        self._done: dict[FeedbackStream, set[str]] = {"events": set(), "links": set()}
        self._clock = 1_700_000_000_000  # an id is a time in milliseconds, as Valkey's are
        self._lease = ""

    def durability_fault(self) -> LossyLiveState | None:
        """None: memory lasts as long as the test."""
        self._check_up()
        return None

    def read_people(self, lookups: Sequence[PersonLookup]) -> list[PersonState]:
        """See LiveState."""
        self._check_up()
        return [self._read(lookup) for lookup in lookups]

    def append_events(self, events: pl.DataFrame) -> list[bool]:
        """See LiveState."""
        self._check_up()
        taken = []
        for event_id, account, score, member, entry in encode_events(events).iter_rows():
            taken.append(event_id not in self._known)
            if not taken[-1]:
                continue
            self._known.add(event_id)
            stream_id = self._say("events", entry)
            if member:
                text = f"{member}\n{stream_id}"
                self._recent[account].append((float(score), text.encode(), text))
                self._trim(account)
        return taken

    def link(
        self, one: Account, two: Account, now: datetime, reason: Reason = NO_REASON
    ) -> tuple[str, list[str]]:
        """See LiveState."""
        found = self.preview_link(one, two)
        if found[1] or two not in self._ties()[one]:
            self._say("links", encode_link(one, two, now, reason))
        return found

    def preview_link(self, one: Account, two: Account) -> tuple[str, list[str]]:
        """See LiveState."""
        self._check_up()
        first, second = self._group(one), self._group(two)
        if first == second:
            return self._root(first), []
        platforms = Counter(platform for _, platform in (*first, *second))
        if platforms.total() > MAX_LINKED:
            raise TooManyAccounts(f"the person would have over {MAX_LINKED} accounts.")
        platform, most = platforms.most_common(1)[0]
        if most > MAX_ON_PLATFORM:
            raise TooManyAccounts(
                f"the person would have over {MAX_ON_PLATFORM} accounts on '{platform}'."
            )
        roots = {self._root(first), self._root(second)}
        person = self._root([*first, *second])
        return person, sorted(roots - {person})

    def unlink(
        self, one: Account, two: Account, now: datetime, reason: Reason = NO_REASON
    ) -> tuple[list[str], str]:
        """See LiveState."""
        self._check_up()
        self._say("links", encode_unlink(one, two, now, reason))
        people = [self._root(self._group(account)) for account in (one, two)]
        return people, "now" if people[0] != people[1] else "next_fuse"

    def preview_unlink(self, one: Account, two: Account) -> tuple[list[str], str]:
        """See LiveState."""
        before = dict(self._streams["links"])
        try:
            return self.unlink(one, two, datetime.now(UTC))
        finally:
            self._streams["links"] = before

    def base_status(self) -> BaseStatus:
        """See LiveState."""
        self._check_up()
        return BaseStatus(self._name, bool(self._name), False)

    def load_base(self, store: Store, version: StoreVersion) -> bool:
        """See LiveState."""
        self._check_up()
        if self._name == base_name(version):
            return True
        if store.current().number != version.number:
            return False
        tables = read_base_tables(store, version)
        records = dict(pack_sequences(tables.pop("s")))
        self._base = {kind: dict(table.iter_rows()) for kind, table in tables.items()}
        self._base["s"] = dict(records)
        self._name = base_name(version)
        if links := watermark(version, LINKS_FOLDER):
            held = [i for i in self._streams["links"] if _order(i) <= _order(links)]
            for stream_id in held:
                del self._streams["links"][stream_id]
        if events := watermark(version, EVENTS_FOLDER):
            for account, members in self._recent.items():
                self._recent[account] = [
                    m for m in members if _order(m[2].rpartition("\n")[2]) > _order(events)
                ]
            for account, items in self._pushed.items():
                self._pushed[account] = {
                    i: at for i, at in items.items() if _order(at) > _order(events)
                }
        return True

    def acquire_drain_lease(self, token: str, takeover: bool = False) -> bool:
        """See LiveState; a lease here never ends by itself."""
        self._check_up()
        if takeover or not self._lease:
            self._lease = token
        return self._lease == token

    def read_stream(self, stream: FeedbackStream, count: int) -> list[StreamEntry]:
        """See LiveState."""
        self._check_up()
        entries, done = self._streams[stream], self._done[stream]
        waiting = [i for i in self._delivered[stream] if i not in done]
        if not waiting:
            waiting = [i for i in entries if i not in done]
            self._delivered[stream] += waiting[:count]
        return [StreamEntry(i, entries.get(i)) for i in waiting[:count]]

    def acknowledge(self, stream: FeedbackStream, ids: Sequence[str]) -> None:
        """See LiveState."""
        self._check_up()
        self._done[stream].update(ids)
        if stream == "events":
            for stream_id in ids:
                self._streams[stream].pop(stream_id, None)

    def stream_length(self, stream: FeedbackStream) -> int:
        """See LiveState."""
        self._check_up()
        return len(self._streams[stream])

    def _check_up(self) -> None:
        if self.down_reason:
            raise LiveStateDown(f"live state does not answer ({self.down_reason}).")

    def _say(self, stream: FeedbackStream, entry: str) -> str:
        self._clock += 1
        stream_id = f"{self._clock}-0"
        self._streams[stream][stream_id] = entry
        return stream_id

    def _trim(self, account: str) -> None:
        members = sorted(self._recent[account], key=lambda member: member[:2])
        cut = max(0, len(members) - self.length)
        for _, _, text in members[:cut]:
            item, stream_id = text.split("\n")[2], text.rpartition("\n")[2]
            if len(self._pushed[account]) < MAX_SEEN_ITEMS:
                self._pushed[account][item] = stream_id
        self._recent[account] = members[cut:]

    def _read(self, lookup: PersonLookup) -> PersonState:
        if lookup.person:
            person = self._heir(lookup.person)
            group = self._group_of_person(person)
            asked = ((lookup.account, lookup.platform),) if lookup.account else ()
            group = group or asked
        else:
            group = self._group((lookup.account, lookup.platform))
        person = self._root(group) if group else person
        parts = list(dict.fromkeys(self._person_of(account) for account, _ in group))
        base = self._base
        records = [r for p in parts if isinstance(r := base["s"].get(p), bytes)]
        seen = [item for p in parts if (text := base["h"].get(p)) for item in str(text).split("\n")]
        seen += [item for account, _ in group for item in self._pushed[account]]
        recent = [text for account, _ in group for _, _, text in self._recent[account]]
        return PersonState(
            person,
            group,
            tuple(record for record in records if is_readable(record)),
            tuple(recent),
            bool(self._name),
            tuple(seen),
        )

    def _person_of(self, account: str) -> str:
        return str(self._base["a"].get(account) or f"p_{account[-32:]}")

    def _heir(self, person: str) -> str:
        while heir := self._base["t"].get(person):
            person = str(heir)
        return person

    def _person_in_base(self, account: str) -> str:
        return self._heir(self._person_of(account))

    def _ties(self) -> dict[Account, set[Account]]:
        """Returns what links since the base join, the last word on each pair counting."""
        ties: dict[Account, set[Account]] = defaultdict(set)
        for row in decode_links(list(self._streams["links"].values())).iter_rows(named=True):
            one = (row["account_a"], row["platform_a"])
            if row["apart"] is None:
                two = (row["account_b"], row["platform_b"])
                ties[one].add(two)
                ties[two].add(one)
            else:
                two = (row["apart"], row["apart_platform"])
                ties[one].discard(two)
                ties[two].discard(one)
        return ties

    def _in_base(self, person: str) -> list[Account]:
        text = self._base["m"].get(person)
        if not text:
            return []
        pairs = (entry.partition("\t") for entry in str(text).split("\n"))
        return [(account, platform) for account, _, platform in pairs]

    def _group(self, start: Account) -> tuple[Account, ...]:
        """Returns the accounts joined with `start`, by ties and as people of the base."""
        found, ties, place = [start], self._ties(), 0
        while place < len(found):
            account = found[place]
            joined = {*ties[account], *self._in_base(self._person_in_base(account[0]))}
            found += sorted(joined - set(found))
            place += 1
        named = {account: platform for account, platform in found if platform}
        return tuple(sorted((a, named.get(a, "")) for a in {account for account, _ in found}))

    def _group_of_person(self, person: str) -> tuple[Account, ...]:
        if held := self._in_base(person):
            return self._group(held[0])
        for account, others in self._ties().items():
            if others and self._person_in_base(account[0]) == person:
                return self._group(account)
        return ()

    def _root(self, group: Sequence[Account]) -> str:
        people = {self._person_in_base(account) for account, _ in group}
        return min(people, key=lambda p: (float(self._base["o"].get(p, math.inf)), p))


def _order(stream_id: str) -> tuple[int, int]:
    ms, _, number = stream_id.partition("-")
    return int(ms), int(number)
