"""Shows the progress of long work: a live line on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_quiet = False


def silence() -> None:
    """Shows no progress for the rest of this process (--quiet, --json)."""
    global _quiet
    _quiet = True


@dataclass
class ProgressTask:
    """The progress of one task, counted in `unit`s; `total` may be unknown (null)."""

    description: str
    total: float | None
    unit: str
    done: float = 0
    note: str = ""
    _start: float = field(default_factory=time.monotonic)
    _shown: float = 0.0

    def begin(self, seconds_ago: float = 0.0) -> None:
        """Restarts the count, so that earlier time (such as a cluster's start) does not count."""
        self.done, self._start = 0, time.monotonic() - seconds_ago

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Adds `amount` units; `note` is shown after the rate."""
        self.done += amount
        self.note = note or self.note
        now = time.monotonic()
        if not _quiet and now - self._shown >= (0.2 if sys.stderr.isatty() else 10):
            self._shown = now
            self._print()

    def line(self) -> str:
        """Returns one line: done, rate, time left and the note."""
        seconds = max(time.monotonic() - self._start, 1e-9)
        rate = self.done / seconds
        of = f"/{self.total:,.0f}" if self.total else ""
        left = ""
        if self.total and rate and self.done < self.total:
            left = f", {_clock((self.total - self.done) / rate)} left"
        text = f"{self.description}: {self.done:,.0f}{of} {self.unit}, {rate:,.0f}/s{left}"
        return f"{text}  {self.note}" if self.note else text

    def _print(self, last: bool = False) -> None:
        if sys.stderr.isatty():
            # A wrapped line could not be overwritten.
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[2K{self.line()[:width]}" + ("\n" if last else ""))
        else:
            sys.stderr.write(self.line() + "\n")
        sys.stderr.flush()


@contextmanager
def track_progress(
    description: str, total: float | None = None, unit: str = "rows"
) -> Iterator[ProgressTask]:
    """Yields a ProgressTask to advance; its last state stays on the screen."""
    work = ProgressTask(description, total, unit)
    try:
        yield work
    finally:
        if not _quiet:
            work._print(last=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes else f"{rest} s"
