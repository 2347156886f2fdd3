"""Live state in Valkey: people's current histories, with one round trip per call."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import polars as pl
import redis

from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import LiveStateDown, LossyLiveState, TooManyAccounts
from plait.features.sequences import MAX_SEEN_ITEMS
from plait.live.base_content import BASE_LAYOUT
from plait.live.circuit_breaker import CircuitBreaker
from plait.live.codec import is_readable
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
    MEMBER_FIELDS,
    encode_consent,
    encode_events,
    encode_link,
    encode_unlink,
)
from plait.live.streams import FEEDBACK_STREAMS
from plait.live.valkey import (
    base_loading,
    base_scripts,
    consent_scripts,
    erased_people,
    link_scripts,
    read_scripts,
    state_scripts,
)
from plait.live.valkey.durability import Durability, read_durability
from plait.live.valkey.feedback_streams import acknowledge_entries, acquire_lease, read_entries
from plait.live.valkey.open_client import open_client
from plait.store import Store, StoreVersion

EVENT_ID_TTL_S = 7 * 24 * 3600  # how long an event id is remembered to detect duplicates
READ_TIMEOUT_S = 0.2  # timeout of a read
WRITE_TIMEOUT_FACTOR = 2  # a write also waits for the disk
SETTINGS_TTL_S = 1.0  # how long Valkey's settings are cached
BULK_TIMEOUT_S = 20.0  # timeout of calls that move thousands of entries
_MEMBER_LINE_BREAKS = len(MEMBER_FIELDS) - 1  # a newer plait's member has another number
_NO_ANSWER_ERRORS = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)


class ValkeyLiveState:
    """Live state in a Valkey, under one key prefix; see the LiveState protocol.

    A call without a response within its timeout fails. All other calls then fail at once until a
    probe succeeds; see CircuitBreaker.

    Args:
        address: redis://host:port/db, rediss://..., or unix:///path of the socket.
        namespace: separates stores that share a Valkey.
        length: item events kept per account.
        timeout_s: timeout of a read in seconds; that of a write is WRITE_TIMEOUT_FACTOR times as
            long.
        strict: the platforms whose accounts may not be joined as long as they say nothing.
        max_accounts: the most accounts of a person that links may join.
    """

    def __init__(
        self,
        address: str,
        namespace: str,
        length: int,
        timeout_s: float = READ_TIMEOUT_S,
        strict: Collection[str] = (),
        max_accounts: int = MAX_LINKED,
    ) -> None:
        self.strict = tuple(sorted(strict))
        self.address, self.length, self.max_accounts = address, length, max_accounts
        self.prefix = f"{{plait:{namespace}}}:"
        # A plait with another layout uses its own base.
        self.keys = [self.prefix, f"{self.prefix}base.{BASE_LAYOUT}"]
        self.client = open_client(address, timeout_s)
        self._writer = open_client(address, WRITE_TIMEOUT_FACTOR * timeout_s)
        self._bulk_client = open_client(address, BULK_TIMEOUT_S)
        self.breaker = CircuitBreaker(self.client.ping)
        self._settings: tuple[float, int, Durability | None] = (0.0, 0, None)
        self._fault: LossyLiveState | None = None
        self._read = self.client.register_script(read_scripts.READ_PEOPLE)
        self._base_status = self.client.register_script(base_scripts.BASE_STATUS)
        self._append = self._writer.register_script(state_scripts.APPEND_EVENTS)
        self._link = self._writer.register_script(link_scripts.LINK_ACCOUNTS)
        self._consent = self._writer.register_script(consent_scripts.SET_CONSENT)
        self._preview_link = self.client.register_script(link_scripts.PREVIEW_LINK)
        self._preview_unlink = self.client.register_script(link_scripts.PREVIEW_UNLINK)
        self._unlink = self._writer.register_script(link_scripts.UNLINK_ACCOUNTS)

    @property
    def down_reason(self) -> str:
        """The reason why Valkey is not used now; '' while it answers."""
        return self.breaker.open_reason

    def read_people(self, lookups: Sequence[PersonLookup]) -> list[PersonState]:
        """Returns what is known of each person, in order.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        if not lookups:
            return []
        strict = "".join(f"\n{name}\n" for name in self.strict)
        args = [text for one in lookups for text in (one.person, one.account, one.platform)]
        args.insert(0, strict)
        with self._circuit():
            base, *people = self._read(keys=self.keys, args=args)
        return [
            PersonState(
                person.decode(),
                tuple(_split_account(entry) for entry in accounts),
                tuple(record for record in records if is_readable(record)),
                tuple(m.decode() for m in recent if m.count(b"\n") == _MEMBER_LINE_BREAKS),
                bool(base),
                _usable_items(seen, only.decode(), [name.decode() for name in without]),
                bool(alone),
                only.decode(),
                frozenset(name.decode() for name in without),
            )
            for person, accounts, records, recent, seen, alone, only, without in people
        ]

    def base_status(self) -> BaseStatus:
        """Returns the name of the active base, and whether it is complete.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self._circuit():
            base, whole, to_forget = self._base_status(keys=self.keys)
        return BaseStatus(base.decode(), bool(whole), bool(to_forget))

    def durability(self) -> Durability:
        """Returns the durability by Valkey's settings, read at most SETTINGS_TTL_S ago.

        After a failure of Valkey, they are read again.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        now = (time.monotonic(), self.breaker.trips)
        read_at, trips, known = self._settings
        if known is None or now[0] - read_at > SETTINGS_TTL_S or trips != now[1]:
            with self._circuit():
                known = read_durability(self._writer)
            # Every batch reads the fault, so its message is built only here.
            self._fault = known.error(self.address) if known.faults else None
            self._settings = (*now, known)
        return known

    def durability_fault(self) -> LossyLiveState | None:
        """Returns the reason why Valkey may lose accepted events; None if they are durable.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        self.durability()
        return self._fault

    def append_events(self, events: pl.DataFrame) -> list[bool]:
        """Accepts FEEDBACK_EVENTS rows; returns which were new.

        They are durable when this returns, unless `durability_fault` returns an error.

        Raises:
            LiveStateDown: Valkey does not answer; it may or may not have accepted the events.
        """
        if events.is_empty():
            return []
        args: list[str | int] = [self.length, EVENT_ID_TTL_S, MAX_SEEN_ITEMS]
        for row in encode_events(events).iter_rows():
            args.extend(row)
        with self._circuit():
            accepted = self._append(keys=self.keys, args=args)
        return [bool(fresh) for fresh in accepted]

    def link(
        self,
        one: tuple[str, str],
        two: tuple[str, str],
        now: datetime,
        reason: LinkReason = NO_REASON,
    ) -> tuple[str, list[str]]:
        """Links two accounts (pseudonym, platform); returns the person and the retired persons.

        Raises:
            TooManyAccounts: the person would have over `max_accounts`, or MAX_ON_PLATFORM on one
                platform.
            LiveStateDown: Valkey does not answer.
        """
        entry = encode_link(one, two, now, reason)
        args: list[str | int] = ["\t".join(one), "\t".join(two), entry]
        with self._circuit():
            found = self._link(keys=self.keys, args=[*args, self.max_accounts, MAX_ON_PLATFORM])
        return self._linked(*found)

    def preview_link(self, one: tuple[str, str], two: tuple[str, str]) -> tuple[str, list[str]]:
        """Returns what `link` would return now; writes nothing.

        Raises:
            TooManyAccounts, LiveStateDown: see `link`.
        """
        args: list[str | int] = ["\t".join(one), "\t".join(two)]
        with self._circuit():
            found = self._preview_link(
                keys=self.keys, args=[*args, self.max_accounts, MAX_ON_PLATFORM]
            )
        return self._linked(*found)

    def _linked(self, person: bytes, retired: bytes) -> tuple[str, list[str]]:
        if not person:
            on = f" on '{retired.decode()}'" if retired else ""
            most = MAX_ON_PLATFORM if retired else self.max_accounts
            raise TooManyAccounts(
                f"the person would have over {most} accounts{on}.", fix="Link other accounts."
            )
        return person.decode(), [retired.decode()] if retired else []

    def unlink(
        self,
        one: tuple[str, str],
        two: tuple[str, str],
        now: datetime,
        reason: LinkReason = NO_REASON,
    ) -> tuple[list[str], str]:
        """Unlinks two accounts (pseudonym, platform); returns each one's person, and the effect.

        The effect is `now`, or `next_fuse`: the base or other links join them, and the next fuse
        keeps them apart. The unlink is kept for the next fuse in any case.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        args = ["\t".join(one), "\t".join(two), encode_unlink(one, two, now, reason)]
        with self._circuit():
            *people, effective = self._unlink(keys=self.keys, args=args)
        return [person.decode() for person in people], effective.decode()

    def preview_unlink(self, one: tuple[str, str], two: tuple[str, str]) -> tuple[list[str], str]:
        """Returns what `unlink` would return now; writes nothing.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        args = ["\t".join(one), "\t".join(two)]
        with self._circuit():
            *people, effective = self._preview_unlink(keys=self.keys, args=args)
        return [person.decode() for person in people], effective.decode()

    def erase(self, lookup: PersonLookup, receipt: str, now: datetime) -> LiveErasure:
        """Erases a person with all accounts, or one account; see LiveState.

        Raises:
            LiveStateDown: Valkey does not answer; the erasure may or may not have been stored.
        """
        with self.bulk_client() as client:
            return erased_people.erase(client, self.keys, lookup, receipt, now)

    def finish_erasures(self) -> None:
        """Removes entries that were not drained, and bytes on disk.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self.bulk_client() as client:
            erased_people.finish_erasures(client, self.prefix)

    def set_consent(
        self, account: tuple[str, str], said: Mapping[str, bool], now: datetime, who: str, why: str
    ) -> None:
        """Keeps what an account (pseudonym, platform) says about purposes of consent.

        Raises:
            LiveStateDown: Valkey does not answer; it may or may not have kept it.
        """
        with self._circuit():
            self._consent(keys=self.keys, args=[encode_consent(account, said, now, who, why)])

    def load_base(self, store: Store, version: StoreVersion) -> bool:
        """Loads `version` as the active base; returns whether it now is the active base.

        Raises:
            LiveStateDown: Valkey does not answer, or lost a part of the data just written.
        """
        found = self.base_status()
        with self.bulk_client() as client:
            return base_loading.load_base(client, self.keys, found, store, version)

    def acquire_drain_lease(self, token: str, takeover: bool = False) -> bool:
        """Acquires or extends the drainer's lease; returns whether `token` has it.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self.bulk_client() as client:
            return acquire_lease(client, self.prefix + "drainer", token, takeover)

    def read_stream(self, stream: FeedbackStream, count: int) -> list[StreamEntry]:
        """Returns at most `count` entries that are not acknowledged, oldest first.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self.bulk_client() as client:
            return read_entries(client, self.prefix + stream, count)

    def acknowledge(self, stream: FeedbackStream, ids: Sequence[str]) -> None:
        """Acknowledges entries, which are not returned again; some stay until a base holds them.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self.bulk_client() as client:
            acknowledge_entries(
                client, self.prefix + stream, ids, delete=not FEEDBACK_STREAMS[stream].kept
            )

    def stream_length(self, stream: FeedbackStream) -> int:
        """Returns the number of entries in the stream.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self.bulk_client() as client:
            return int(client.xlen(self.prefix + stream))

    @contextmanager
    def bulk_client(self) -> Iterator[redis.Redis]:
        """Yields a client with the timeout BULK_TIMEOUT_S.

        Raises:
            LiveStateDown: Valkey does not answer, or a command in the block fails.
        """
        with self._circuit():
            yield self._bulk_client

    @contextmanager
    def _circuit(self) -> Iterator[None]:
        if why := self.breaker.open_reason:
            raise self._down_error(why)
        try:
            yield
        except redis.RedisError as error:
            why = f"{type(error).__name__}: {error}"
            if isinstance(
                error, _NO_ANSWER_ERRORS
            ):  # Valkey still answers if it only rejects a command
                self.breaker.trip(why)
            raise self._down_error(why) from None

    def _down_error(self, why: str) -> LiveStateDown:
        return LiveStateDown(
            f"live state does not answer ({why}).",
            fix="Check Valkey; the endpoint uses it again as soon as it answers.",
        )


def _usable_items(seen: list[bytes], only: str, without: list[str]) -> tuple[str, ...]:
    items = (item for text in seen for item in text.decode().split("\n"))
    if not only and not without:
        return tuple(items)
    kept = ((item, item.partition(":")[0]) for item in items)
    return tuple(i for i, on in kept if (not only or on == only) and on not in without)


def _split_account(entry: bytes) -> tuple[str, str]:
    account, _, platform = entry.decode().partition("\t")
    return account, platform
