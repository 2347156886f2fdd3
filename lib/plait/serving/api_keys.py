"""The API keys that let in: from the environment, or from files that change while all runs."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

log = logging.getLogger("plait.serving")
KEY_VARIABLE, KEY_FILES_VARIABLE = "PLAIT_API_KEY", "PLAIT_API_KEY_FILE"
RELOAD_S = 1.0


def strip_key(key: str) -> str:
    """Returns a key as it is sent: files and `echo` end with a line break, headers cannot."""
    return key.strip()


class ApiKeys:
    """The keys that are accepted now.

    Args:
        key: one key; empty: none. Files go before it.
        files: each line of each is a key. They are read again at most every `fresh_s` seconds,
            when somebody calls; one that is not there holds none.
        fresh_s: seconds for which what was read counts.
    """

    def __init__(
        self, key: str = "", files: Sequence[Path] = (), fresh_s: float = RELOAD_S
    ) -> None:
        self._files, self._fresh_s = tuple(files), fresh_s
        self._known = _encode_keys([key])
        self._given = bool(key)
        if key and not self._known:
            log.error(
                "%s holds white space alone: nobody is let in. Set a key, or nothing.", KEY_VARIABLE
            )
        elif key != strip_key(key):
            log.warning("%s has white space around it; the key counts without.", KEY_VARIABLE)
        self._read_at, self._said = -float("inf"), ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ApiKeys:
        """Returns the keys of PLAIT_API_KEY_FILE (paths, parted by ':'), else PLAIT_API_KEY."""
        files = [
            Path(name) for name in environment.get(KEY_FILES_VARIABLE, "").split(os.pathsep) if name
        ]
        return cls(environment.get(KEY_VARIABLE, ""), files)

    @property
    def required(self) -> bool:
        """Whether callers need a key. Files and a blank key ask for one that nobody has."""
        return bool(self._files) or self._given

    def has_keys(self) -> bool:
        """Whether there is a key now that could be right."""
        self._refresh()
        return bool(self._known)

    def accept(self, given: str) -> bool:
        """Returns whether `given` is one of the keys, in the same time for each of them.

        Args:
            given: a header's value, in which each character is one byte.
        """
        self._refresh()
        sent = given.encode("latin-1", "replace")
        same = [hmac.compare_digest(sent, key) for key in self._known]
        return any(same)

    def _refresh(self) -> None:
        now = time.monotonic()
        if not self._files or now - self._read_at < self._fresh_s:
            return
        self._read_at = now
        lines: list[str] = []
        why = "empty"
        for file in self._files:
            try:
                lines += file.read_text().splitlines()
            except (OSError, UnicodeDecodeError) as error:
                why = str(error)
        self._known = _encode_keys(lines)
        said = "" if self._known else f"No API key can be read ({why}): nobody is let in."
        if said != self._said:
            log.error("%s", said) if said else log.warning("API keys can be read again.")
        self._said = said


def _encode_keys(keys: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(key.encode() for key in map(strip_key, keys) if key)
