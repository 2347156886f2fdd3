"""Finds the line in which a quoted value ends, and looks at every line once.

What a line does to a value that is open before it does not depend on where the value was opened.
So the time is linear, also for a file of which each line may open a value that is never closed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import accumulate

from plait.sources.formats.csv_syntax import MAX_RECORD_BYTES


class Effect(Enum):
    """What a line does to the value that is open before it."""

    STAYS = 1  # a value is open after it
    CLOSES = 2  # the record ends with it
    BREAKS = 3  # it looks like a row, or text follows the closing quote


@dataclass
class OpenValues:
    """Finds the ends of the records of several lines.

    Attributes:
        lines: lines of the file.
        look: returns the effect of a line, and the number of its separators outside of quotes.
    """

    lines: Sequence[bytes]
    look: Callable[[bytes], tuple[Effect, int]]
    _first: int = 0  # the lines from here to the last one before _next stay
    _next: int = 0
    _effect: Effect = Effect.STAYS  # of the line at _next; STAYS until it is looked at
    _marks: list[int] = field(default_factory=list)  # before each of these lines, and after them

    def __post_init__(self) -> None:
        """Sums the sizes of the lines."""
        self._bytes = list(accumulate(map(len, self.lines), initial=0))

    def find_end(self, start: int) -> tuple[int, int] | None:
        """Returns the last line of a record, and the separators outside of quotes after its first.

        Args:
            start: the first line, which leaves a value open. It may not decrease from call to call.

        Returns:
            Null if the record is broken, or too long. The number of lines, if it may go on after
            the last.
        """
        if not self._first <= start + 1 <= self._next:
            self._first = self._next = start + 1
            self._effect, self._marks = Effect.STAYS, [0]
        while self._effect is Effect.STAYS and self._next < len(self.lines):
            if self._is_long(start, self._next):
                return None
            self._effect, marks = self.look(self.lines[self._next])
            self._marks.append(self._marks[-1] + marks)
            self._next += self._effect is Effect.STAYS
        if self._effect is Effect.BREAKS or self._is_long(start, self._next):
            return None
        return self._next, self._marks[-1] - self._marks[start + 1 - self._first]

    def _is_long(self, start: int, end: int) -> bool:
        return self._bytes[end] - self._bytes[start] > MAX_RECORD_BYTES
