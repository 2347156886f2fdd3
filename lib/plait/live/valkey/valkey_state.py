"""LiveState: people's histories as they are now, read and extended in whole batches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import LiveStateDown, TooManyAccounts
from plait.features.sequences import MAX_SEEN_ITEMS
from plait.live.circuit_breaker import CircuitBreaker
from plait.live.codec import CODEC_VERSION, is_readable
from plait.live.stream_entries import MEMBER_FIELDS, encode_events, encode_link, encode_unlink
from plait.live.valkey import base_scripts, link_scripts, state_scripts
from plait.live.valkey.durability import Durability, invalid_address_error, read_durability

EVENT_ID_TTL_S = 7 * 24 * 3600  # how long an event id is known as a repeat
READ_TIMEOUT_S = 0.2  # of a read
WRITE_TIMEOUT_FACTOR = 2  # a write waits for the disk too
SETTINGS_TTL_S = 1.0  # how long Valkey's settings are taken for unchanged
BULK_TIMEOUT_S = 20.0  # of what moves thousands of entries at once
_MEMBER_LINE_BREAKS = len(MEMBER_FIELDS) - 1  # a member with more or fewer is a newer plait's
_NO_ANSWER_ERRORS = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)


@dataclass(frozen=True)
class PersonLookup:
    """A question for one person: by `person`, or by `account` (pseudonym) on `platform`."""

    person: str = ""
    account: str = ""
    platform: str = ""


@dataclass(frozen=True)
class PersonState:
    """What live state holds of one person.

    `base` are packed sequences of the store version, one a person joined; `recent` are members of
    recent events; `seen` are items of events that neither holds; `accounts` are (pseudonym,
    platform). `whole` is false while there is no base: then nothing but recent events is known of
    anyone.
    """

    person: str
    accounts: tuple[tuple[str, str], ...] = ()
    base: tuple[bytes, ...] = ()
    recent: tuple[str, ...] = ()
    whole: bool = True
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class BaseStatus:
    """The base that live state answers from.

    `base` is its name, '' for none; `whole` whether all of it is there; `forgetful` whether recent
    events that it holds are still to be forgotten.
    """

    base: str
    whole: bool
    forgetful: bool


class LiveState:
    """Valkey behind one prefix. Every call is one round trip and happens wholly or not at all.

    A call that is not answered in time fails, and so does every other one until a probe is
    answered: see CircuitBreaker.

    Args:
        address: redis://host:port/db, rediss://..., or unix:///path of the socket.
        namespace: keeps stores apart that share a Valkey.
        length: events kept for one person.
        timeout_s: how long a read may take, seconds; a write may take WRITE times as long.
    """

    def __init__(
        self,
        address: str,
        namespace: str,
        length: int,
        timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self.address, self.length = address, length
        self.prefix = f"{{plait:{namespace}}}:"
        # A plait that packs records otherwise answers from another base.
        self.keys = [self.prefix, f"{self.prefix}base.{CODEC_VERSION}"]
        self.client = _open_client(address, timeout_s)
        self._writer = _open_client(address, WRITE_TIMEOUT_FACTOR * timeout_s)
        self._patient = _open_client(address, BULK_TIMEOUT_S)
        self.breaker = CircuitBreaker(self.client.ping)
        self._settings: tuple[float, int, Durability | None] = (0.0, 0, None)
        self._read = self.client.register_script(state_scripts.READ_PEOPLE)
        self._look = self.client.register_script(base_scripts.BASE_STATUS)
        self._append = self._writer.register_script(state_scripts.APPEND_EVENTS)
        self._link = self._writer.register_script(link_scripts.LINK_ACCOUNTS)
        self._unlink = self._writer.register_script(link_scripts.UNLINK_ACCOUNTS)

    def read(self, questions: Sequence[PersonLookup]) -> list[PersonState]:
        """Returns what is known of each person asked for, in order.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        if not questions:
            return []
        args = [text for who in questions for text in (who.person, who.account, who.platform)]
        with self._guarded():
            base, *answers = self._read(keys=self.keys, args=args)
        return [
            PersonState(
                person.decode(),
                tuple(_split_account(entry) for entry in accounts),
                tuple(record for record in records if is_readable(record)),
                tuple(m.decode() for m in recent if m.count(b"\n") == _MEMBER_LINE_BREAKS),
                bool(base),
                tuple(item for text in seen for item in text.decode().split("\n")),
            )
            for person, accounts, records, recent, seen in answers
        ]

    def look(self) -> BaseStatus:
        """Returns which base there is, and whether it is whole.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self._guarded():
            base, whole, forgetful = self._look(keys=self.keys)
        return BaseStatus(base.decode(), bool(whole), bool(forgetful))

    def durability(self) -> Durability:
        """Returns what Valkey's settings promise; asks again after SETTINGS_S and each failure.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        now = (time.monotonic(), self.breaker.trips)
        asked, trips, known = self._settings
        if known is None or now[0] - asked > SETTINGS_TTL_S or trips != now[1]:
            with self._guarded():
                known = read_durability(self._writer)
            self._settings = (*now, known)
        return known

    def append(self, events: pl.DataFrame) -> list[bool]:
        """Takes FEEDBACK rows; returns which were new. They are on disk when this returns.

        Raises:
            LiveStateDown: Valkey does not answer; it may have taken the events or not.
        """
        if events.is_empty():
            return []
        args: list[str | int] = [self.length, EVENT_ID_TTL_S, MAX_SEEN_ITEMS]
        for row in encode_events(events).iter_rows():
            args.extend(row)
        with self._guarded():
            taken = self._append(keys=self.keys, args=args)
        return [bool(fresh) for fresh in taken]

    def link(
        self, one: tuple[str, str], two: tuple[str, str], now: datetime
    ) -> tuple[str, list[str]]:
        """Joins two accounts (pseudonym, platform); returns the person and who was retired.

        Raises:
            TooManyAccounts: nobody has so many.
            LiveStateDown: Valkey does not answer.
        """
        entry = encode_link(one, two, now)
        args: list[str | int] = ["\t".join(one), "\t".join(two), entry]
        args += [MAX_LINKED, MAX_ON_PLATFORM]
        with self._guarded():
            person, retired = self._link(keys=self.keys, args=args)
        if not person:
            raise TooManyAccounts(_too_many_accounts(retired.decode()), fix="Link other accounts.")
        return person.decode(), [retired.decode()] if retired else []

    def unlink(
        self, one: tuple[str, str], two: tuple[str, str], now: datetime
    ) -> tuple[list[str], str]:
        """Parts two accounts (pseudonym, platform); returns each one's person, and what is done.

        That is `now`, `next_fuse` (the base holds them as one person) or `still_joined` (by other
        links). It is kept for the next fuse in any case.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        args = ["\t".join(one), "\t".join(two), encode_unlink(one, two, now)]
        with self._guarded():
            *people, effective = self._unlink(keys=self.keys, args=args)
        return [person.decode() for person in people], effective.decode()

    @contextmanager
    def guarded(self) -> Iterator[redis.Redis]:
        """Yields a client for long work, with a long timeout; what fails inside is LiveStateDown.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        with self._guarded():
            yield self._patient

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if why := self.breaker.why:
            raise self._down(why)
        try:
            yield
        except redis.RedisError as error:
            why = f"{type(error).__name__}: {error}"
            if isinstance(
                error, _NO_ANSWER_ERRORS
            ):  # it does answer where it only refuses a command
                self.breaker.trip(why)
            raise self._down(why) from None

    def _down(self, why: str) -> LiveStateDown:
        return LiveStateDown(
            f"live state does not answer ({why}).",
            fix="Check Valkey; the endpoint uses it again as soon as it answers.",
        )


def _too_many_accounts(platform: str) -> str:
    if platform:
        return f"the person would have over {MAX_ON_PLATFORM} accounts on '{platform}'."
    return f"the person would have over {MAX_LINKED} accounts."


def _split_account(entry: bytes) -> tuple[str, str]:
    account, _, platform = entry.decode().partition("\t")
    return account, platform


def _open_client(address: str, timeout_s: float) -> redis.Redis:
    """Returns a client that waits for no answer longer than `timeout_s`, and never twice.

    Raises:
        ConfigError: `address` is none.
    """
    try:
        client: redis.Redis = redis.Redis.from_url(
            address,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # A connection dropped while idle is opened anew; what timed out once is not tried
            # again.
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
    except ValueError:  # its words may be of the password
        raise invalid_address_error(address) from None
    return client
