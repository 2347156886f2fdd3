"""Puts a log together across reconnects: no line twice, none left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class LogStitcher:
    """The log of one container, whose lines begin with the time the kubelet read them.

    A log can be asked for from a second on, no finer: what was already seen of that second comes
    again and is dropped.
    """

    _second: str = ""
    _seen: Counter[str] = field(default_factory=Counter)
    _expected: Counter[str] = field(default_factory=Counter)

    @property
    def since(self) -> str | None:
        """Where to go on from, null at the beginning."""
        return f"{self._second}Z" if self._second else None

    def reconnect(self) -> None:
        """Expects the lines of the last second once more."""
        self._expected = Counter(self._seen)

    def accept(self, line: str) -> str | None:
        """Returns the text of a line, null if it was there before."""
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
