from __future__ import annotations

import gc
import threading
import time

import pytest

from plait.live import circuit_breaker
from plait.live.circuit_breaker import CircuitBreaker


def wait_for(what: object, seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.002)


class Server:
    """Answers probes once it is up; notes when it was asked, and how many asked at once."""

    def __init__(self) -> None:
        self.up, self.at, self.now, self.most = False, [], 0, 0

    def probe(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        self.at.append(time.monotonic())
        time.sleep(0.002)
        self.now -= 1
        if not self.up:
            raise ConnectionError("away")


def test_it_is_open_from_the_first_failure_until_a_probe_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(circuit_breaker, "FIRST_BACKOFF_S", 0.01)
    server = Server()
    one = CircuitBreaker(server.probe)
    assert one.open_reason == ""
    for _ in range(20):
        one.trip("a timeout")
    assert one.open_reason == "a timeout"
    wait_for(lambda: len(server.at) >= 3)
    assert one.open_reason == "ConnectionError: away"
    server.up = True
    wait_for(lambda: one.open_reason == "")
    asked = len(server.at)
    time.sleep(0.1)
    assert len(server.at) == asked  # closed: it asks no more
    assert server.most == 1
    one.trip("again")
    wait_for(lambda: one.open_reason == "")


def test_rests_grow_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []

    class Enough(BaseException):
        pass

    def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 12:
            raise Enough

    monkeypatch.setattr(circuit_breaker.time, "sleep", sleep)
    one = CircuitBreaker(Server.probe)  # not bound: it fails at once
    one._why = "open"
    with pytest.raises(Enough):
        circuit_breaker._probe_until_closed(circuit_breaker.weakref.ref(one))
    full = [
        min(circuit_breaker.FIRST_BACKOFF_S * 2**n, circuit_breaker.MAX_BACKOFF_S)
        for n in range(12)
    ]
    assert all(f / 2 <= r <= f for r, f in zip(rests, full, strict=True))


def test_its_thread_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit_breaker, "MAX_BACKOFF_S", 0.01)
    before = set(threading.enumerate())
    one = CircuitBreaker(Server().probe)
    one.trip("a timeout")
    (thread,) = set(threading.enumerate()) - before
    del one
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()
