"""Impressions: the lists that were returned, buffered and written to the feedback log.

Impressions may be lost: those in memory are, if a replica is killed or the store cannot be written
for long. The number of dropped impressions is counted and logged.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from polars.exceptions import PanicException

from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS
from plait.contracts.table_schema import conform_rows
from plait.live.drain import COMPACT_AFTER
from plait.store.feedback.feedback_log import FeedbackLog

FLUSH_ROWS, FLUSH_S = 20_000, 5.0  # an object is written after either, whichever comes first
MAX_PAUSE_S = 15.0  # between two attempts while the store cannot be written
KEPT_ROWS = 100_000  # buffered rows, as lists and as tables each: 50 MB, 100 MB if all have terms
_POLL_S = 0.5
_PIECE_LISTS = 100  # converted at once: Polars holds the GIL, and the event loop waits for it
_FAULTS = (Exception, PanicException)  # a panic of Polars is no Exception

_LIST = {
    name: FEEDBACK_IMPRESSIONS[name]
    for name in ("recommendation_id", "account", "platform_of_account", "person", "variant",
                 "model", "model_version")
} | {"time": pl.Int64()}  # fmt: skip
_ITEM = {name: FEEDBACK_IMPRESSIONS[name] for name in ("item_id", "platform", "position", "score")}


class ShownList(NamedTuple):
    """The list in one response. `time` is UTC microseconds; the account is a pseudonym, or null."""

    recommendation_id: str
    time: int
    account: str | None
    platform_of_account: str | None
    person: str
    variant: str
    model: str
    model_version: str
    items: Sequence[dict[str, object]]


class ImpressionWriter:
    """Buffers lists in memory. A thread that calls `run` writes them to the feedback log.

    Args:
        log: the feedback log.
        kept_rows: maximum number of buffered rows while the store cannot be written. Beyond it
            the oldest are dropped.

    Attributes:
        dropped: number of rows dropped so far.
    """

    def __init__(self, log: FeedbackLog, kept_rows: int = KEPT_ROWS) -> None:
        self._log, self._kept_rows = log, kept_rows
        self._shown: deque[ShownList] = deque()
        self._rows = 0  # in _shown
        self._unwritten: deque[tuple[str, pl.DataFrame]] = deque()  # (name of the object, rows)
        self._adding, self._writing = threading.Lock(), threading.Lock()
        self._objects = 0  # written since the last compaction
        self._compaction = threading.Thread()  # the one that runs, if it does
        self.dropped = 0

    def add(self, shown: Sequence[ShownList]) -> None:
        """Buffers lists. Never waits for the store, and does not convert the lists."""
        with self._adding:
            for one in shown:
                self._shown.append(one)
                self._rows += len(one.items)
            while self._rows > self._kept_rows:
                self.dropped += self._pop()

    def forget(self, ids: Collection[str]) -> None:
        """Drops the buffered lists of the accounts and persons `ids`."""
        wanted = pl.Series(sorted(ids), dtype=pl.String).implode()
        with self._writing, self._adding:
            kept = [one for one in self._shown if not {one.account, one.person} & set(ids)]
            self._shown = deque(kept)
            self._rows = sum(len(one.items) for one in kept)
            names = pl.any_horizontal(pl.col("account", "person").is_in(wanted))
            self._unwritten = deque(
                (name, rows.filter(~names.fill_null(value=False))) for name, rows in self._unwritten
            )

    def flush(self) -> int:
        """Writes all buffered lists. Returns the number of rows written.

        The next call tries again, under the same object name, if the store cannot be written.

        Raises:
            StoreError: the store cannot be written.
        """
        written = 0
        with self._writing:
            self._tabulate()
            while self._unwritten:
                name, rows = self._unwritten[0]
                self._log.write_impressions(rows, name)
                self._unwritten.popleft()
                self._objects += 1
                written += rows.height
        return written

    def run(self, stop: threading.Event, report: Callable[[str], None]) -> None:
        """Writes after every FLUSH_S or FLUSH_ROWS until `stop` is set, and then the rest.

        Args:
            stop: ends the loop.
            report: called with a message once per failure, and when impressions were dropped.
        """
        pause, said, dropped = FLUSH_S, "", 0
        due = time.monotonic() + pause
        while not stop.wait(_POLL_S):
            full = not said and self._rows >= FLUSH_ROWS
            if time.monotonic() < due and not full:
                continue
            why = self._try_flush()
            if why and why != said:
                report(f"impressions wait: {why}")
            if self.dropped > dropped:
                report(f"{self.dropped - dropped:,} impressions were dropped, the oldest first")
            self._compact_if_due(report)
            said, dropped = why, self.dropped
            pause = min(2 * pause, MAX_PAUSE_S) if why else FLUSH_S
            due = time.monotonic() + pause
        if why := self._try_flush():
            left = self._rows + sum(rows.height for _, rows in self._unwritten)
            report(f"{left:,} impressions are lost: {why}")

    def _try_flush(self) -> str:
        """Writes the buffered lists. Returns why that failed, or ''."""
        try:
            self.flush()
        except _FAULTS as error:  # no error may end the thread: the next attempt may succeed
            return str(error) or type(error).__name__
        return ""

    def _compact_if_due(self, report: Callable[[str], None]) -> None:
        """Starts a compaction in a thread of its own: a replica that stops does not wait for it."""

        def compact() -> None:
            try:
                self._log.compact()
            except _FAULTS as error:
                report(f"impressions are not compacted: {error}")

        if self._objects >= COMPACT_AFTER and not self._compaction.is_alive():
            self._objects = 0
            self._compaction = threading.Thread(target=compact, daemon=True)
            self._compaction.start()

    def _tabulate(self) -> None:
        """Converts the lists to a table and names the object that will hold it."""
        with self._adding:
            shown, self._shown, self._rows = self._shown, deque(), 0
        if shown:
            now = time.time_ns() // 1_000_000
            rows = impression_rows(list(shown))
            self._unwritten.append((f"shown_{now}_{secrets.token_hex(8)}", rows))
        waiting = sum(rows.height for _, rows in self._unwritten)
        while waiting > self._kept_rows:
            _, rows = self._unwritten.popleft()
            waiting -= rows.height
            self.dropped += rows.height

    def _pop(self) -> int:
        gone = len(self._shown.popleft().items)
        self._rows -= gone
        return gone


def impression_rows(shown: Sequence[ShownList]) -> pl.DataFrame:
    """Returns FEEDBACK_IMPRESSIONS rows of lists, in their order."""
    starts = range(0, len(shown), _PIECE_LISTS)
    pieces = [_piece_rows(shown[start : start + _PIECE_LISTS]) for start in starts]
    return pl.concat([pl.DataFrame(schema=FEEDBACK_IMPRESSIONS), *pieces])


def _piece_rows(shown: Sequence[ShownList]) -> pl.DataFrame:
    lists: dict[str, Any] = {name: [getattr(one, name) for one in shown] for name in _LIST}
    sizes = np.fromiter((len(one.items) for one in shown), np.int64, len(shown))
    every = list(chain.from_iterable(one.items for one in shown))
    items = pl.DataFrame({name: [item[name] for item in every] for name in _ITEM}, schema=_ITEM)
    rows = pl.DataFrame(lists, schema=_LIST)[np.repeat(np.arange(len(shown)), sizes)]
    return conform_rows(
        pl.concat([rows, items], how="horizontal").with_columns(
            pl.from_epoch("time", "us").dt.replace_time_zone("UTC"),
            propensity=pl.lit(1.0),  # every list is the model's best: there is no exploration yet
        ),
        FEEDBACK_IMPRESSIONS,
    )
