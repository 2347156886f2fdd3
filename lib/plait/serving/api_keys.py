"""The accepted API keys: from the environment, or from files that may change at run time."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from plait.serving.api_scopes import SCOPES, parse_key

log = logging.getLogger("plait.serving")
KEY_VARIABLE, KEY_FILES_VARIABLE = "PLAIT_API_KEY", "PLAIT_API_KEY_FILE"
RELOAD_S = 1.0


def strip_key(key: str) -> str:
    """Returns a key as clients send it: without the line break that files and `echo` append."""
    return key.strip()


class ApiKeys:
    """The keys that are accepted now.

    Args:
        key: one key, and perhaps its scopes (`KEY events,privacy`, see api_scopes); empty: none.
            Ignored if there are files.
        files: each line of each file is a key. They are read again on a request, at most every
            `fresh_s` seconds. A missing file holds no keys.
        fresh_s: seconds before the files are read again.
    """

    def __init__(
        self, key: str = "", files: Sequence[Path] = (), fresh_s: float = RELOAD_S
    ) -> None:
        self._files, self._fresh_s = tuple(files), fresh_s
        self._known = _encode_keys([key])
        self._given = bool(key)
        if key and not self._known:
            log.error(
                "%s holds only white space: all requests are rejected. Set a key, or unset it.",
                KEY_VARIABLE,
            )
        elif key != strip_key(key):
            log.warning("%s has white space around it; it is ignored.", KEY_VARIABLE)
        self._read_at, self._fault = -float("inf"), ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ApiKeys:
        """Returns the keys of PLAIT_API_KEY_FILE (paths, separated by ':'), else PLAIT_API_KEY."""
        files = [
            Path(name) for name in environment.get(KEY_FILES_VARIABLE, "").split(os.pathsep) if name
        ]
        return cls(environment.get(KEY_VARIABLE, ""), files)

    @property
    def required(self) -> bool:
        """Whether callers need a key. True also if the files or the key are blank."""
        return bool(self._files) or self._given

    def has_keys(self) -> bool:
        """Whether at least one key is known now."""
        self._refresh()
        return bool(self._known)

    def accept(self, given: str) -> bool:
        """Returns whether `given` is one of the keys; see `scopes`."""
        return self.scopes(given) is not None

    def scopes(self, given: str) -> frozenset[str] | None:
        """Returns the scopes of the key `given`; null if it is none of the keys.

        It compares with all of them in constant time.

        Args:
            given: a header's value, Latin-1: each character is one byte.
        """
        self._refresh()
        sent = given.encode("latin-1", "replace")
        same = [scopes for key, scopes in self._known if hmac.compare_digest(sent, key)]
        return frozenset[str]().union(*same) if same else None

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
        fault = "" if self._known else f"No API key can be read ({why}): all requests are rejected."
        if fault != self._fault:
            log.error("%s", fault) if fault else log.warning("API keys can be read again.")
        self._fault = fault


def _encode_keys(lines: Sequence[str]) -> tuple[tuple[bytes, frozenset[str]], ...]:
    """Returns the keys in `lines`, with their scopes. Words that are no scopes are logged."""
    found = []
    for line in filter(None, map(strip_key, lines)):
        key, scopes, unknown = parse_key(line)
        found.append((key.encode(), scopes))
        if unknown:
            log.error(
                "An API key has an unknown scope (allowed: %s); it does not count.",
                ", ".join(SCOPES),
            )
    return tuple(found)
