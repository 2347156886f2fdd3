"""Moves what clients sent from Valkey to the feedback log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import polars as pl
import redis

from plait.errors import PlaitError
from plait.live.stream_entries import decode_events, decode_links
from plait.live.valkey.valkey_state import LiveState
from plait.store.feedback.feedback_log import FeedbackLog

CONSUMER_GROUP, CONSUMER = "feedback", "drainer"
BATCH_ENTRIES = 20_000
LEASE_MS = 15_000
WINDOW_S = 10.0  # events are as safe in Valkey, and fewer objects are fewer to read
COMPACT_AFTER = 64  # objects after which they are put together


class Drainer:
    """Writes a stream's entries as one object, then acknowledges them.

    A batch that was read but not acknowledged is read again, with the same ids: its object has
    the same name, so a crash at any point neither loses an event nor writes it twice.
    """

    def __init__(self, state: LiveState, log: FeedbackLog, token: str) -> None:
        self._state, self._log, self._token = state, log, token
        self._objects = 0  # written since the last compaction

    def drain(self, takeover: bool = False) -> int:
        """Moves everything there is; returns how many events and links it was.

        Only one drainer works at a time; another one's turn returns 0.

        Args:
            takeover: take the turn; for when the others are known to have ended.

        Raises:
            LiveStateDown: Valkey does not answer.
            StoreError: the store cannot be written; nothing was acknowledged.
        """
        moved = 0
        with self._state.guarded() as client:
            if takeover:
                client.delete(self._state.prefix + "drainer")
            for name, parse, write in (
                ("events", decode_events, self._log.write_events),
                ("links", decode_links, self._log.write_links),
            ):
                # Whoever took the turn meanwhile goes on from where this one stands.
                while self._lease(client) and (count := self._batch(client, name, parse, write)):
                    moved += count
        return moved

    def run(self, stop: threading.Event, every_s: float, report: Callable[[str], None]) -> None:
        """Drains until `stop` is set; what goes wrong is reported, once, and tried again.

        What came in within WINDOW_S becomes one object, or what fills a batch before.

        Args:
            stop: ends it.
            every_s: seconds between two looks at how much there is.
            report: is told what goes wrong.
        """
        due, said = 0.0, ""
        while not stop.wait(every_s):
            why = ""
            try:
                if time.monotonic() >= due or self._is_full():
                    self.drain()
                    due = time.monotonic() + WINDOW_S
                if self._objects >= COMPACT_AFTER:
                    self._log.compact()
                    self._objects = 0
            except (PlaitError, OSError) as error:
                why = str(error)
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
            if why and why != said:
                report(f"the feedback log waits: {why}")
            said = why

    def _is_full(self) -> bool:
        with self._state.guarded() as client:
            return bool(client.xlen(self._state.prefix + "events") >= BATCH_ENTRIES)

    def _lease(self, client: redis.Redis) -> bool:
        key = self._state.prefix + "drainer"
        if client.set(key, self._token, nx=True, px=LEASE_MS):
            return True
        mine = client.get(key) == self._token.encode()
        return bool(mine and client.pexpire(key, LEASE_MS))

    def _batch(
        self,
        client: redis.Redis,
        name: str,
        parse: Callable[[list[str]], pl.DataFrame],
        write: Callable[[pl.DataFrame, str], None],
    ) -> int:
        stream = self._state.prefix + name
        entries = self._next(client, stream)
        if not entries:
            return 0
        ids = [id_.decode() for id_, _ in entries]
        # An acknowledged link stays in the stream until a store version knows it; an entry
        # deleted meanwhile has no fields.
        texts = [next(iter(fields.values())).decode() for _, fields in entries if fields]
        if texts:
            write(parse(texts), f"{ids[0]}_{ids[-1]}")
            self._objects += 1
        with client.pipeline(transaction=True) as done:
            done.xack(stream, CONSUMER_GROUP, *ids)
            if name == "events":
                done.xdel(stream, *ids)
            done.execute()
        return len(ids)

    def _next(self, client: redis.Redis, stream: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
        for start in ("0", ">"):  # first what was read before and never acknowledged
            try:
                found = client.xreadgroup(
                    CONSUMER_GROUP, CONSUMER, {stream: start}, count=BATCH_ENTRIES
                )
            except redis.ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                client.xgroup_create(stream, CONSUMER_GROUP, id="0", mkstream=True)
                found = client.xreadgroup(
                    CONSUMER_GROUP, CONSUMER, {stream: start}, count=BATCH_ENTRIES
                )
            entries = _entries(found)
            if entries:
                return entries
        return []


def _entries(found: object) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Returns the entries of the one stream asked for (RESP2 and RESP3 wrap them apart)."""
    if not found:
        return []
    if isinstance(found, dict):
        (value,) = found.values()
        return list(value[0]) if value and isinstance(value[0], list) else list(value)
    return list(found[0][1])  # type: ignore[index]
