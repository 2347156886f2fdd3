"""Runs `plait serve` in its own process, and always stops it at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import httpx

from plait.errors import PlaitError
from plait.serving.ray_environment import free_port, is_port_free

_READY_S, _STOP_S = 180.0, 20.0


class EndpointFailed(PlaitError):
    """The endpoint did not start."""


class EndpointProcess:
    """The endpoint of the project file `project`. Its output goes to `log`."""

    def __init__(self, project: Path, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._project, self._port, self._log = project, port, log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> EndpointProcess:
        command = [
            sys.executable, "-m", "plait.cli.main", "serve",
            "--config", str(self._project), "--port", str(self._port),
        ]  # fmt: skip
        with self._log.open("wb") as log:
            # Its own session: Ctrl-C in the terminal reaches only the demo, which then stops it.
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def wait(self) -> None:
        """Waits until the endpoint ends by itself."""
        # Popen.wait() would not be interrupted by a signal that another thread receives.
        while self._process and self._process.poll() is None:
            time.sleep(0.2)

    def stop(self) -> None:
        """Terminates the endpoint. After 20 s kills it and everything that it started."""
        if not self._process:
            return
        process, self._process = self._process, None
        for warning in (signal.SIGINT, signal.SIGKILL):
            if process.poll() is None or warning == signal.SIGKILL:
                _signal_group(process.pid, warning)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                continue

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise EndpointFailed(
                    f"the endpoint ended before it was ready: {self._last_log_line()}",
                    fix=f"See '{self._log}'.",
                )
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise EndpointFailed(
            f"the endpoint was not ready after {_READY_S:.0f} s: {self._last_log_line()}",
            fix=f"See '{self._log}'.",
        )

    def _last_log_line(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it printed nothing."


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turns SIGINT, SIGHUP and SIGTERM into KeyboardInterrupt.

    The endpoint has its own session, so the demo must receive the signal and stop it. Libraries
    that ran before may have replaced the handler of SIGINT.
    """
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, signal.default_int_handler) for one in wanted}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def free_port_near(wanted: int) -> int:
    """Returns `wanted` if nothing listens there, else a free port."""
    return wanted if is_port_free(wanted, "127.0.0.1") else free_port()


def _signal_group(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, what)
