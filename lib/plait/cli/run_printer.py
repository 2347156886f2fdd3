"""Prints a run while it is followed: its states and reasons on stderr, its log on stdout."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from plait.cluster.follow.follow_run import RunOutcome
    from plait.cluster.follow.run_state import RunState

_COLOURS = {"succeeded": "green", "ready": "green", "failed": "red", "running": "cyan"}


class TextPrinter:
    """Prints text, with the elapsed time."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._notes: list[str] = []

    def state(self, state: RunState) -> None:
        """Prints the state and its reason."""
        word = typer.style(state.name, bold=True, fg=_COLOURS.get(state.name))
        why = f"  {state.why}" if state.why and not state.ended else ""
        self._say(f"{word}{why}")

    def note(self, text: str) -> None:
        """Prints a message."""
        self._notes.append(text)
        self._say(typer.style(text, fg="yellow"))

    def log(self, line: str) -> None:
        """Prints a line of the job unchanged."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def conclude(self, outcome: RunOutcome) -> None:
        """Prints how the run ended, and the fix. Does not repeat what was printed before."""
        bad = outcome.exit != 0
        headline = f"{outcome.name}: {outcome.state} after {format_duration(outcome.seconds)}."
        typer.echo(typer.style(headline, bold=True, fg="red" if bad else "green"), err=True)
        why = outcome.why
        for note in self._notes:
            why = why.replace(note, "").strip()
        for text in (why, outcome.fix):
            if text and bad:
                typer.echo(text, err=True)

    def _say(self, text: str) -> None:
        seconds = typer.style(f"{format_duration(time.monotonic() - self._began):>9}  ", dim=True)
        typer.echo(seconds + text, err=True)


class JsonPrinter:
    """For --output json: prints the log to stderr, and everything else in the last record."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def state(self, state: RunState) -> None:
        """Prints nothing: the record has the last state."""

    def note(self, text: str) -> None:
        """Keeps the message for the record."""
        self.notes.append(text)

    def log(self, line: str) -> None:
        """Prints a line of the job to stderr."""
        typer.echo(line, err=True)


def format_duration(seconds: float) -> str:
    """Returns a duration as text: 41 s, 3 min 20 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def outcome_record(outcome: RunOutcome, **more: Any) -> dict[str, Any]:
    """Returns the last record: how the run ended, and the job's own summary."""
    return {
        "name": outcome.name,
        **more,
        "state": outcome.state,
        "exit_code": int(outcome.exit),
        "why": outcome.why,
        "fix": outcome.fix,
        "seconds": outcome.seconds,
        "result": _job_result(outcome.last_lines),
        "last_lines": list(outcome.last_lines),
    }


def _job_result(lines: tuple[str, ...]) -> Any:
    """Returns the job's summary: the last line that is a JSON object."""
    for line in reversed(lines):
        if line.lstrip().startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                continue
    return None
