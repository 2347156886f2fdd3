"""Moves events, links and erasures from live state to the feedback log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from plait.errors import PlaitError
from plait.live.live_state import LiveState
from plait.live.streams import FEEDBACK_STREAMS, StreamKind
from plait.store.feedback.feedback_log import FeedbackLog

BATCH_ENTRIES = 20_000
WINDOW_S = 10.0  # long, because events are as durable in live state and fewer objects are better
COMPACT_AFTER = 64  # objects written until they are compacted


class Drainer:
    """Writes a batch of a stream's entries as one object, then acknowledges them.

    A batch that was read but not acknowledged is read again with the same ids, and its object has
    the same name. So a crash at any point neither loses an event nor writes it twice.
    """

    def __init__(self, state: LiveState, log: FeedbackLog, token: str) -> None:
        self._state, self._log, self._token = state, log, token
        self._objects = 0  # written since the last compaction

    def drain(self, takeover: bool = False) -> int:
        """Moves all entries to the feedback log; returns the number of entries moved.

        Only one drainer works at a time. While another one has the lease, this returns 0.

        Args:
            takeover: take the lease from its holder; only if no other drainer can be running.

        Raises:
            LiveStateDown: live state does not answer.
            StoreError: the store cannot be written; nothing was acknowledged.
        """
        moved = 0
        for stream in FEEDBACK_STREAMS.values():
            # If another drainer takes the lease, it continues from the same place.
            while self._state.acquire_drain_lease(self._token, takeover) and (
                count := self._drain_batch(stream)
            ):
                moved, takeover = moved + count, False
            takeover = False
        return moved

    def run(self, stop: threading.Event, every_s: float, report: Callable[[str], None]) -> None:
        """Drains until `stop` is set; reports each error once and tries again.

        Entries that arrive within WINDOW_S become one object. A full batch is written at once.

        Args:
            stop: ends the loop.
            every_s: seconds between two checks of the stream's length.
            report: called with the text of an error.
        """
        due, reported = 0.0, ""
        while not stop.wait(every_s):
            why = ""
            try:
                if time.monotonic() >= due or self._batch_is_full():
                    self.drain()
                    due = time.monotonic() + WINDOW_S
                if self._objects >= COMPACT_AFTER:
                    self._log.compact()
                    self._objects = 0
            except (PlaitError, OSError) as error:
                why = str(error)
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
            if why and why != reported:
                report(f"the feedback log waits: {why}")
            reported = why

    def _batch_is_full(self) -> bool:
        return self._state.stream_length("events") >= BATCH_ENTRIES

    def _drain_batch(self, stream: StreamKind) -> int:
        entries = self._state.read_stream(stream.name, BATCH_ENTRIES)
        if not entries:
            return 0
        ids = [entry.entry_id for entry in entries]
        texts = [entry.text for entry in entries if entry.text is not None]
        if texts:
            name = f"{ids[0]}_{ids[-1]}"
            self._log.write(stream.folder, stream.decode(texts), name)
            self._objects += 1
        self._state.acknowledge(stream.name, ids)
        return len(ids)
