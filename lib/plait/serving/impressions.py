"""Impressions: what answers showed, on their way to the feedback log.

They are no accepted data: what is in memory when a replica is killed, or when the store cannot be
written for long, is lost. How much was dropped is counted and logged.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from polars.exceptions import PanicException

from plait.contracts.event_rows import FEEDBACK_IMPRESSIONS
from plait.contracts.table_schema import conform_rows
from plait.live.drain import COMPACT_AFTER
from plait.store.feedback.feedback_log import FeedbackLog

FLUSH_ROWS, FLUSH_S = 20_000, 5.0  # what makes an object: whichever comes first
MAX_PAUSE_S = 15.0  # between two tries while the store cannot be written
KEPT_ROWS = (
    100_000  # rows that wait, as lists and as tables each: 50 MB, 100 MB if all are explained
)
_POLL_S = 0.5
_PIECE_LISTS = 100  # made a table at once: Polars holds the GIL, and the event loop waits for it
_FAULTS = (Exception, PanicException)  # a panic of Polars is no Exception

_LIST = {
    name: FEEDBACK_IMPRESSIONS[name]
    for name in ("recommendation_id", "account", "platform_of_account", "person", "variant",
                 "model", "model_version")
} | {"time": pl.Int64()}  # fmt: skip
_ITEM = {name: FEEDBACK_IMPRESSIONS[name] for name in ("item_id", "platform", "position", "score")}


class ShownList(NamedTuple):
    """One answer's list. `time` is UTC microseconds; the account is a pseudonym, or null."""

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
    """Keeps lists in memory, and writes them to the feedback log in a thread of its own.

    Args:
        log: where they are written.
        kept_rows: rows that wait at most while the store cannot be written; then the oldest go.

    Attributes:
        dropped: how many rows were dropped so far.
    """

    def __init__(self, log: FeedbackLog, kept_rows: int = KEPT_ROWS) -> None:
        self._log, self._kept_rows = log, kept_rows
        self._shown: deque[ShownList] = deque()
        self._rows = 0  # in _shown
        self._unwritten: deque[tuple[str, pl.DataFrame]] = deque()  # by the name of their object
        self._adding, self._writing = threading.Lock(), threading.Lock()
        self._objects = 0  # written since the last compaction
        self._compaction = threading.Thread()  # the one that runs, if it does
        self.dropped = 0

    def add(self, shown: Sequence[ShownList]) -> None:
        """Takes lists; never waits for the store, and makes nothing of them."""
        with self._adding:
            for one in shown:
                self._shown.append(one)
                self._rows += len(one.items)
            while self._rows > self._kept_rows:
                self.dropped += self._pop()

    def flush(self) -> int:
        """Writes all that was added; returns how many rows it was.

        What cannot be written is tried again, under the same name, by the next call.

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
        """Writes every FLUSH_S or FLUSH_ROWS until `stop` is set, and then what is left.

        Args:
            stop: ends it.
            report: is told what goes wrong, once, and how many impressions were dropped.
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
        """Writes what there is; returns why that was not possible, or ''."""
        try:
            self.flush()
        except _FAULTS as error:  # nothing may end the thread: the next try may do
            return str(error) or type(error).__name__
        return ""

    def _compact_if_due(self, report: Callable[[str], None]) -> None:
        """Starts a compaction beside the writing: a replica that ends does not wait for it."""

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
        """Makes a table of the lists, under the name that its object will have."""
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
            propensity=pl.lit(1.0),  # every answer is the model's best: nothing is explored yet
        ),
        FEEDBACK_IMPRESSIONS,
    )
