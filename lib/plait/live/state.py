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

from plait.errors import LiveStateDown
from plait.live import scripts
from plait.live.entries import link_entry, write_entries

REMEMBERED_S = 7 * 24 * 3600  # how long an event id is known as a repeat
REST_S = 0.5  # after a failure, nobody waits for Valkey again before this


@dataclass(frozen=True)
class Who:
    """A question for one person: by `person`, or by `account` (pseudonym) on `platform`."""

    person: str = ""
    account: str = ""
    platform: str = ""


@dataclass(frozen=True)
class Known:
    """What live state holds of one person.

    `base` are packed sequences of the store version, one a person joined; `recent` are
    members of recent events; `accounts` are (pseudonym, platform).
    """

    person: str
    accounts: tuple[tuple[str, str], ...] = ()
    base: tuple[bytes, ...] = ()
    recent: tuple[str, ...] = ()


class LiveState:
    """Valkey behind one prefix. Every call is one round trip and happens wholly or not at all.

    Args:
        address: redis://host:port/db, rediss://..., or unix:///path of the socket.
        namespace: keeps stores apart that share a Valkey.
        length: events kept for one person.
    """

    def __init__(self, address: str, namespace: str, length: int, timeout_s: float = 2.0) -> None:
        self.address, self.length = address, length
        self.prefix = f"{{plait:{namespace}}}:"
        self.client: redis.Redis = redis.Redis.from_url(
            address,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 1),  # a connection dropped while idle is opened anew
        )
        self._read = self.client.register_script(scripts.READ)
        self._append = self.client.register_script(scripts.APPEND)
        self._link = self.client.register_script(scripts.LINK)
        self._resting_until = 0.0

    def read(self, questions: Sequence[Who]) -> list[Known]:
        """Returns what is known of each person asked for, in order.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        if not questions:
            return []
        args = [text for who in questions for text in (who.person, who.account, who.platform)]
        with self.guarded():
            answers = self._read(keys=[self.prefix], args=args)
        return [
            Known(
                person.decode(),
                tuple(_account(entry) for entry in accounts),
                tuple(records),
                tuple(member.decode() for member in recent),
            )
            for person, accounts, records, recent in answers
        ]

    def append(self, events: pl.DataFrame) -> list[bool]:
        """Takes FEEDBACK rows; returns which were new. They are on disk when this returns.

        Raises:
            LiveStateDown: Valkey does not answer; it may have taken the events or not.
        """
        if events.is_empty():
            return []
        args: list[str | int] = [self.length, REMEMBERED_S]
        for row in write_entries(events).iter_rows():
            args.extend(row)
        with self.guarded():
            taken = self._append(keys=[self.prefix], args=args)
        return [bool(fresh) for fresh in taken]

    def link(
        self, one: tuple[str, str], two: tuple[str, str], now: datetime
    ) -> tuple[str, list[str]]:
        """Joins two accounts (pseudonym, platform); returns the person and who was retired.

        Raises:
            LiveStateDown: Valkey does not answer.
        """
        args = ["\t".join(one), "\t".join(two), link_entry(one, two, now)]
        with self.guarded():
            person, retired = self._link(keys=[self.prefix], args=args)
        return person.decode(), [retired.decode()] if retired else []

    @contextmanager
    def guarded(self) -> Iterator[redis.Redis]:
        """Yields the client; whatever fails inside is LiveStateDown, and rests it a moment."""
        if time.monotonic() < self._resting_until:
            raise self._down("it failed a moment ago")
        try:
            yield self.client
        except redis.RedisError as error:
            self._resting_until = time.monotonic() + REST_S
            raise self._down(f"{type(error).__name__}: {error}") from None

    def _down(self, why: str) -> LiveStateDown:
        return LiveStateDown(
            f"live state does not answer ({why}).",
            fix="Check Valkey; the endpoint uses it again as soon as it answers.",
        )


def _account(entry: bytes) -> tuple[str, str]:
    account, _, platform = entry.decode().partition("\t")
    return account, platform
