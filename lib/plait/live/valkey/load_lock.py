"""The lock for loading a base: a token in Valkey, which a thread renews while it is held."""

from __future__ import annotations

import contextlib
import secrets
import threading
from types import TracebackType

import redis

from plait.live.valkey import base_scripts

LOCK_MS = 10_000  # after a loader was killed, the others wait this long


class LockLost(Exception):
    """Another loader has taken the lock; this one must not write any more."""


class BaseLoadLock:
    """One loader's lock.

    Every write carries the token. So a loader that was paused until its lock expired cannot
    write any more. A thread renews the lock while the loader reads the store.

    Args:
        client: a client with a long timeout.
        keys: the prefix, the key that names the base, the lock.
    """

    def __init__(self, client: redis.Redis, keys: list[str]) -> None:
        self._client, self._keys = client, keys
        self._token = secrets.token_hex(8)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="base-lock", daemon=True)

    def acquire(self) -> bool:
        """Tries to acquire the lock; returns whether it is held. The context's exit releases it."""
        if not self._client.set(self._keys[2], self._token, nx=True, px=LOCK_MS):
            return False
        self._thread.start()
        return True

    def run_script(self, script: str, *args: str | int | bytes) -> object:
        """Runs a script of base_scripts under this lock; returns the script's result.

        Raises:
            LockLost: the lock is lost, and the script wrote nothing.
            redis.RedisError: Valkey does not answer.
        """
        found = self._client.register_script(script)(keys=self._keys, args=[self._token, *args])
        if found == 0:
            raise LockLost
        return found

    def __enter__(self) -> BaseLoadLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        # If the release does not reach Valkey, the lock expires after LOCK_MS.
        with contextlib.suppress(LockLost, redis.RedisError):
            self.run_script(base_scripts.RELEASE_LOCK)

    def _renew(self) -> None:
        while not self._end.wait(LOCK_MS / 4_000):
            try:
                self.run_script(base_scripts.RENEW_LOCK, LOCK_MS)
            except LockLost:
                return  # the next write raises LockLost
            except redis.RedisError:
                continue
