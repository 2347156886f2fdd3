"""A circuit breaker: after a failure, calls fail at once until the server answers a probe."""

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
    """Opens after one failure, and closes after a probe that succeeds.

    Probes run in a separate thread, one at a time, so no call waits for one. The pause between
    probes doubles up to MAX_BACKOFF_S. The thread ends with the breaker. `trips` counts how often
    the breaker opened.

    Args:
        probe: pings the server; raises an exception if it does not answer.
    """

    def __init__(self, probe: Callable[[], object]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._why = ""
        self.trips = 0

    @property
    def open_reason(self) -> str:
        """The reason why the breaker is open; '' while it is closed."""
        return self._why

    def trip(self, why: str) -> None:
        """Opens the breaker with the reason `why`, until a probe succeeds."""
        with self._lock:
            if self._why:
                return
            self._why = why
            self.trips += 1
        log.warning("live state does not answer (%s); requests are served without it", why)
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
        time.sleep(rest * random.uniform(0.5, 1.0))  # jitter between replicas
        found = breaker()
        if found is None or found._try_to_close():
            return
        del found  # a reference would keep the breaker alive during the sleep
        rest = min(2 * rest, MAX_BACKOFF_S)
