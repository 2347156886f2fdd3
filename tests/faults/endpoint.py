"""An endpoint to break: `plait serve` as a process, and clients that never give up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from plait.serving.ray_environment import is_port_free


class Endpoint:
    """`plait serve` of one project, on a port that stays the same across restarts."""

    def __init__(self, file: Path) -> None:
        self.file = file
        # Below the ports the system gives to clients: one of ours, sending to an endpoint that
        # is down, would otherwise come to talk to itself and keep the port.
        self.port = next(port for port in range(21_000, 30_000) if is_port_free(port, "127.0.0.1"))
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        command = [sys.executable, "-m", "plait.cli.main", "serve", "-c", str(self.file),
                   "--port", str(self.port), "--json", "--quiet"]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said, "plait serve ended before it was ready"
        assert json.loads(said)["url"] == self.url

    def stop(self) -> None:
        """Ends it in order."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(120) == 0

    def pid(self, word: str, seconds: float = 90) -> int:
        """Returns the process below the endpoint whose command line holds `word`.

        One that was killed is waited for: it is started again.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in self._family():
                try:
                    if word in " ".join(one.cmdline()):
                        return one.pid
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.1)
        msg = f"the endpoint has no process '{word}'"
        raise AssertionError(msg)

    def _family(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Waits until it says so itself."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        msg = "the endpoint does not become ready again"
        raise AssertionError(msg)

    def wait_for_state(self, account: str, seconds: float = 90) -> None:
        """Waits until answers come from live state again."""
        until = time.monotonic() + seconds
        while self.ask(account)["fallback"] is not None:
            assert time.monotonic() < until, "live state does not come back"
            time.sleep(0.1)

    def ask(self, account: str) -> Any:
        """Returns the answer to a shop account."""
        reply = httpx.get(f"{self.url}/v1/recommend/shop/{account}?k=5&platforms=shop", timeout=30)
        assert reply.status_code == 200, reply.text
        return reply.json()


class Clients:
    """Threads that post events one by one; each is sent again until it gets a 2xx."""

    def __init__(self, url: str, threads: int = 4) -> None:
        self.url = url
        self.accepted: list[tuple[str, str]] = []  # account, event id
        self.wrong: list[str] = []
        self.retries = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(threads)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, events: int = 20, seconds: float = 120) -> None:
        """Waits until that many more events were accepted."""
        until, wanted = time.monotonic() + seconds, len(self.accepted) + events
        while len(self.accepted) < wanted:
            assert time.monotonic() < until, f"not {events} events in {seconds} s: {self.wrong}"
            time.sleep(0.05)

    def _post(self, thread: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            name = f"f{os.getpid()}-{thread}-{number}"
            user = {"platform": "shop", "id": f"u{number % 311}"}
            event = {
                "event_id": name,
                "type": "view",
                "user": user,
                "item_id": f"shop:i{number % 97}",
            }
            while not self._sent(event):
                self.retries += 1
                if self._stop.wait(0.1):
                    return  # never accepted: no promise was made
            self.accepted.append((user["id"], name))
            time.sleep(0.01)

    def _sent(self, event: dict[str, Any]) -> bool:
        try:
            reply = httpx.post(f"{self.url}/v1/events", json={"events": [event]}, timeout=20)
        except httpx.HTTPError:
            return False
        if reply.status_code != 200:
            # While it starts, Ray Serve knows no path yet.
            if reply.status_code < 500 and "routes" not in reply.text:
                self.wrong.append(reply.text)
            return False
        body = reply.json()
        if body["accepted"] + body["duplicates"] != 1:
            self.wrong.append(reply.text)
        return True
