"""Steady load through the Service: idempotent calls, one retry on a new connection."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

TIMEOUT_S = 30.0
RETRY_S = 1.0  # nodes learn of a pod's end that much later than the API server
K = 5
ACCOUNTS = [f"u{n}" for n in range(100)]


@dataclass
class Counts:
    """What became of calls.

    Attributes:
        answered: calls that were answered, at the first try or the second.
        retried: why first attempts failed.
        failed: calls that failed twice.
        models: model versions that answered.
    """

    answered: int = 0
    retried: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    models: Counter[str] = field(default_factory=Counter)

    def since(self, before: Counts) -> Counts:
        """Returns what was counted after `before`, an earlier copy."""
        return Counts(
            self.answered - before.answered,
            self.retried - before.retried,
            self.failed[len(before.failed) :],
            self.models - before.models,
        )

    def summary(self) -> str:
        """Returns the counts as one remark."""
        first = ", ".join(f"{why} x{n}" for why, n in self.retried.items()) or "none"
        return (
            f"{self.answered + len(self.failed)} calls, first attempts failed: "
            f"{self.retried.total()} ({first}), failed after one retry: {len(self.failed)}"
        )


@dataclass
class Load:
    """Threads that ask and send events, at a fixed number of calls a second in all."""

    url: str
    key: str = field(repr=False)
    platform: str = "shop"
    accounts: list[str] = field(default_factory=lambda: ACCOUNTS)
    per_second: float = 10.0
    threads: int = 4

    def __enter__(self) -> Load:
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._numbers, self._counts = itertools.count(), Counts()
        self._threads = [threading.Thread(target=self._run) for _ in range(self.threads)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def counts(self) -> Counts:
        """What has been counted so far."""
        with self._lock:
            return copy.deepcopy(self._counts)

    def _run(self) -> None:
        client = self._client()
        pause = self.threads / self.per_second
        while not self._stop.is_set():
            began, number = time.monotonic(), next(self._numbers)
            problem = self._call(client, number)
            if problem:
                client.close()
                client = self._client()  # a new connection
                with self._lock:
                    self._counts.retried[problem] += 1
                time.sleep(RETRY_S)
                problem = self._call(client, number)
            with self._lock:
                if problem:
                    self._counts.failed.append(f"call {number}: {problem}")
                else:
                    self._counts.answered += 1
            self._stop.wait(max(0.0, pause - (time.monotonic() - began)))
        client.close()

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_S)

    def _call(self, client: httpx.Client, number: int) -> str:
        """Sends call `number`, the same however often it is sent; returns what went wrong."""
        account = self.accounts[number % len(self.accounts)]
        user = {"platform": self.platform, "id": account}
        try:
            if number % 4 == 0:
                event = {
                    "event_id": f"load-{id(self)}-{number}", "type": "view", "user": user,
                    "item_id": f"{self.platform}:i{number % 97}",
                }  # fmt: skip
                reply = client.post("/v1/events", json={"events": [event]})
            else:
                asked = {"k": K, "seen": "allow"}  # else there is nothing left for some
                body = {"request_id": f"load-{number}", "user": user} | asked
                reply = client.post("/v1/recommend", json=body)
        except httpx.HTTPError as error:
            return type(error).__name__
        if reply.status_code != httpx.codes.OK:
            return f"HTTP {reply.status_code}"
        if "model" in (answer := reply.json()):
            with self._lock:
                self._counts.models[answer["model"]["version"]] += 1
            if (listed := len(answer["items"])) != K:
                return f"{listed} items"
        return ""
