"""Live state in this process's memory: the second implementation of the LiveState protocol."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import LiveStateDown, LossyLiveState, TooManyAccounts
from plait.features.sequences import MAX_SEEN_ITEMS
from plait.live.base_content import base_name, read_base_tables, watermark
from plait.live.codec import is_readable, pack_sequences
from plait.live.link_reason import NO_REASON, LinkReason
from plait.live.live_state import (
    BaseStatus,
    FeedbackStream,
    LiveErasure,
    PersonLookup,
    PersonState,
    StreamEntry,
)
from plait.live.stream_entries import (
    decode_links,
    encode_consent,
    encode_erasure,
    encode_events,
    encode_link,
    encode_unlink,
)
from plait.live.streams import FEEDBACK_STREAMS
from plait.privacy.erasure import Erasures, erasure_rows
from plait.store import Store, StoreVersion
from plait.store.feedback.erasure_log import read_erasure_rows, unread_erasure_rows
from plait.store.feedback.log_paths import (
    CONSENTS_FOLDER,
    ERASURES_FOLDER,
    EVENTS_FOLDER,
    LINKS_FOLDER,
)
from tests.memory_consent import said_of, usable
from tests.memory_cut import cut

Account = tuple[str, str]


class MemoryLiveState:
    """Live state without a server: links are a graph over the base's people, resolved when read.

    Args:
        length: item events kept of one account.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.down_reason = ""
        self._name = ""
        self._base: dict[str, dict[str, str | bytes | int]] = {kind: {} for kind in "acmotsh"}
        self._known: set[str] = set()
        self._recent: dict[str, list[tuple[float, bytes, str]]] = defaultdict(list)
        self._pushed: dict[str, dict[str, str]] = defaultdict(dict)
        self._streams: dict[FeedbackStream, dict[str, str]] = {n: {} for n in FEEDBACK_STREAMS}
        self._delivered: dict[FeedbackStream, list[str]] = {n: [] for n in FEEDBACK_STREAMS}
        self._done: dict[FeedbackStream, set[str]] = {n: set() for n in FEEDBACK_STREAMS}
        self._gone: dict[str, tuple[str, datetime, str, str]] = {}
        self._clock = 1_700_000_000_000  # an id is a time in milliseconds, as Valkey's are
        self._lease = ""

    def durability_fault(self) -> LossyLiveState | None:
        self._check_up()
        return None

    def read_people(self, lookups: Sequence[PersonLookup]) -> list[PersonState]:
        self._check_up()
        return [self._read(lookup) for lookup in lookups]

    def append_events(self, events: pl.DataFrame) -> list[bool]:
        self._check_up()
        taken = []
        for event_id, account, score, member, entry in encode_events(events).iter_rows():
            gone = self._erased(account)
            late = gone is not None and float(score) <= gone[1].timestamp() * 1e6
            taken.append(event_id not in self._known and not late)
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
        self, one: Account, two: Account, now: datetime, reason: LinkReason = NO_REASON
    ) -> tuple[str, list[str]]:
        found = self.preview_link(one, two)
        if found[1] or two not in self._ties()[one]:
            self._say("links", encode_link(one, two, now, reason))
        return found

    def preview_link(self, one: Account, two: Account) -> tuple[str, list[str]]:
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
        self, one: Account, two: Account, now: datetime, reason: LinkReason = NO_REASON
    ) -> tuple[list[str], str]:
        self._check_up()
        self._say("links", encode_unlink(one, two, now, reason))
        people = [self._root(self._group(account)) for account in (one, two)]
        return people, "now" if people[0] != people[1] else "next_fuse"

    def preview_unlink(self, one: Account, two: Account) -> tuple[list[str], str]:
        before = dict(self._streams["links"])
        try:
            return self.unlink(one, two, datetime.now(UTC))
        finally:
            self._streams["links"] = before

    def erase(self, lookup: PersonLookup, receipt: str, now: datetime) -> LiveErasure:
        self._check_up()
        alone = bool(lookup.account) and not lookup.person
        earlier = self._erased(lookup.person or lookup.account)
        person, group = self._find(lookup)
        whole = group
        if rest := alone and len(group) > 1:
            group = ((lookup.account, lookup.platform),)
        names = {account for account, _ in group}
        ties = self._ties()
        known = any(
            account[0] in self._base["a"]
            or self._recent[account[0]]
            or ties[account]
            or said_of(account[0], self._streams["consents"].values())
            for account in group
        )
        if not known and (earlier or not alone):
            return LiveErasure(
                earlier[2] if earlier else "", 0, known=bool(earlier), repeated=bool(earlier)
            )
        ids = {f"p_{name[-32:]}" for name in names} | {self._own(name) for name in names}
        if not rest:
            ids |= {person} | {self._person_of(name) for name in names}
            ids |= {self._heir(self._person_of(name)) for name in names}
        stay = {self._own(name) for name, _ in whole} - ids
        ids |= {str(one) for one in self._base["t"] if self._heir(str(one)) in ids} - stay
        named = {**dict(group), **dict.fromkeys(ids)}
        rows = erasure_rows(named, receipt, now)
        for stream, entries in self._streams.items():
            if stream != "erasures":
                for at in [at for at, text in entries.items() if any(n in text for n in names)]:
                    del entries[at]
        for name in names:
            self._known -= {text.split("\n")[1] for _, _, text in self._recent.pop(name, [])}
            self._pushed.pop(name, None)
        cut(self, names, ids)
        at = self._say("erasures", encode_erasure(rows))
        for one in rows["mark"]:
            self._gone.pop(one, None)
        self._remember(rows, at)
        return LiveErasure(receipt, len(names), known=known, ids=frozenset(named))

    def finish_erasures(self) -> None:
        self._check_up()

    def set_consent(
        self, account: Account, said: Mapping[str, bool], now: datetime, who: str, why: str
    ) -> None:
        self._check_up()
        self._say("consents", encode_consent(account, said, now, who, why))

    def base_status(self) -> BaseStatus:
        self._check_up()
        return BaseStatus(self._name, bool(self._name), False)

    def load_base(self, store: Store, version: StoreVersion) -> bool:
        self._check_up()
        if self._name == base_name(version):
            return True
        if store.current().number != version.number:
            return False
        self._remember(read_erasure_rows(store), "0-0")
        known = _order(watermark(version, ERASURES_FOLDER) or "0-0")
        late = [told[:3] for told in self._gone.values() if _order(told[3]) > known]
        unread = unread_erasure_rows(store, version).select("erased", "time", "receipt")
        rows = pl.DataFrame(late, schema=unread.schema, orient="row")
        tables = read_base_tables(store, version, Erasures(pl.concat([rows, unread])))
        records = dict(pack_sequences(tables.pop("s")))
        self._base = {kind: dict(table.iter_rows()) for kind, table in tables.items()}
        self._base["s"] = dict(records)
        self._name = base_name(version)
        if links := watermark(version, LINKS_FOLDER):
            held = [i for i in self._streams["links"] if _order(i) <= _order(links)]
            for stream_id in held:
                del self._streams["links"][stream_id]
        if consents := watermark(version, CONSENTS_FOLDER):
            said = self._streams["consents"]
            for stream_id in [i for i in said if _order(i) <= _order(consents)]:
                del said[stream_id]
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
        self._check_up()
        if takeover or not self._lease:
            self._lease = token
        return self._lease == token

    def read_stream(self, stream: FeedbackStream, count: int) -> list[StreamEntry]:
        self._check_up()
        entries, done = self._streams[stream], self._done[stream]
        waiting = [i for i in self._delivered[stream] if i not in done]
        if not waiting:
            waiting = [i for i in entries if i not in done]
            self._delivered[stream] += waiting[:count]
        return [StreamEntry(i, entries.get(i)) for i in waiting[:count]]

    def acknowledge(self, stream: FeedbackStream, ids: Sequence[str]) -> None:
        self._check_up()
        self._done[stream].update(ids)
        if not FEEDBACK_STREAMS[stream].kept:
            for stream_id in ids:
                self._streams[stream].pop(stream_id, None)

    def stream_length(self, stream: FeedbackStream) -> int:
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

    def _find(self, lookup: PersonLookup) -> tuple[str, tuple[Account, ...]]:
        if lookup.person:
            person = self._heir(lookup.person)
            group = self._group_of_person(person)
            own = lookup.account and self._own(lookup.account) == lookup.person
            asked = ((lookup.account, lookup.platform),) if own else ()
            group = group or asked
        else:
            group = self._group((lookup.account, lookup.platform))
        return self._root(group) if group else person, group

    def _read(self, lookup: PersonLookup) -> PersonState:
        person, group = self._find(lookup)
        group, alone, only, without = usable(self, group, lookup)
        parts = list(dict.fromkeys(self._person_of(account) for account, _ in group))
        base = self._base
        records = [r for p in parts if isinstance(r := base["s"].get(p), bytes)]
        seen = [item for p in parts if (text := base["h"].get(p)) for item in str(text).split("\n")]
        seen += [item for account, _ in group for item in self._pushed[account]]
        on = [item.partition(":")[0] for item in seen]
        seen = [
            item
            for item, platform in zip(seen, on, strict=True)
            if only in ("", platform) and platform not in without
        ]
        recent = [text for account, _ in group for _, _, text in self._recent[account]]
        return PersonState(
            person,
            group,
            tuple(record for record in records if is_readable(record)),
            tuple(recent),
            bool(self._name),
            tuple(seen),
            alone,
            only,
            frozenset(without),
        )

    def _refuses(self, account: Account) -> bool:
        said = said_of(account[0], self._streams["consents"].values())
        return account[0] in self._base["c"] or False in (said.get("link"), said.get("share"))

    def _person_of(self, account: str) -> str:
        return str(self._base["a"].get(account) or self._own(account))

    def _own(self, account: str) -> str:
        gone = self._erased(account)
        if gone is None:
            return f"p_{account[-32:]}"
        return "p_" + hashlib.sha1(f"{gone[2]}\0{account}".encode()).hexdigest()[:32]

    def _erased(self, name: str) -> tuple[str, datetime, str, str] | None:
        return self._gone.get(hashlib.sha1(f"plait erased\0{name}".encode()).hexdigest())

    def _remember(self, rows: pl.DataFrame, at: str) -> None:
        for mark, *told in rows.select("mark", "erased", "time", "receipt").iter_rows():
            if mark not in self._gone or self._gone[mark][1] < told[1]:
                self._gone[mark] = (told[0], told[1], told[2], at)

    def _heir(self, person: str) -> str:
        while heir := self._base["t"].get(person):
            person = str(heir)
        return person

    def _person_in_base(self, account: str) -> str:
        return self._heir(self._person_of(account))

    def _ties(self) -> dict[Account, set[Account]]:
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
