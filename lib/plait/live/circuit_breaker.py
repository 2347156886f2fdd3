"""A circuit breaker: after a failure nobody waits for a server until it answers a probe."""

from __future__ import annotations

import logging
import random
import threading
import time
import weakref
from collections.abc import Callable

log = logging.getLogger("plait.live")
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.1, 2.0


class CircuitBreaker:
    """Open after one failure, closed again by a probe that succeeds.

    Probes run in a thread of their own, one at a time, with rests between them that double up to
    MAX_BACKOFF_S: no call ever pays for one. The thread ends with the breaker. `trips` counts how
    often it opened.

    Args:
        probe: pings the server; raises if it does not answer.
    """

    def __init__(self, probe: Callable[[], object]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._why = ""
        self.trips = 0

    @property
    def open_reason(self) -> str:
        """Why it is open; '' while it is closed."""
        return self._why

    def trip(self, why: str) -> None:
        """Opens it until a probe succeeds."""
        with self._lock:
            if self._why:
                return
            self._why = why
            self.trips += 1
        log.warning("live state does not answer (%s); answers go on without it", why)
        threading.Thread(
            target=_probe_until_closed, args=(weakref.ref(self),), name="breaker", daemon=True
        ).start()

    def _try_to_close(self) -> bool:
        try:
            self._probe()
        except Exception as error:
            self._why = f"{type(error).__name__}: {error}"
            return False
        self._why = ""
        log.warning("live state answers again")
        return True


def _probe_until_closed(breaker: weakref.ref[CircuitBreaker]) -> None:
    rest = FIRST_BACKOFF_S
    while True:
        time.sleep(rest * random.uniform(0.5, 1.0))  # replicas do not probe in step
        found = breaker()
        if found is None or found._try_to_close():
            return
        del found  # or it would live on for this thread alone
        rest = min(2 * rest, MAX_BACKOFF_S)
