"""Stitches a log together across reconnects, without duplicate or missing lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class LogStitcher:
    """The log of one container. Each line begins with the time at which the kubelet read it.

    A log can only be requested from a whole second on. So lines of that second that were already
    seen arrive again, and are dropped.
    """

    _second: str = ""
    _seen: Counter[str] = field(default_factory=Counter)
    _expected: Counter[str] = field(default_factory=Counter)

    @property
    def since(self) -> str | None:
        """The time from which to request the log; None at the beginning."""
        return f"{self._second}Z" if self._second else None

    def reconnect(self) -> None:
        """Prepares for the lines of the last second to arrive again."""
        self._expected = Counter(self._seen)

    def accept(self, line: str) -> str | None:
        """Returns the text of a line, or None if it is a duplicate."""
        stamp, _, text = line.partition(" ")
        if self._expected[line] > 0:
            self._expected[line] -= 1
            return None
        second = stamp[:19]
        if second < self._second:
            return None
        if second != self._second:
            self._second, self._seen = second, Counter()
        self._seen[line] += 1
        return text
