"""The book of a fault run: what was broken, what had been promised, and what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Book:
    """Faults by part of the road and kind; and the events that the endpoint said it took.

    Attributes:
        faults: how often each (part, fault) was injected and survived.
        accepted: events that got a 2xx.
        once: of those, found exactly once in the next fuse.
    """

    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    accepted: int = 0
    once: int = 0

    def injected(self, part: str, fault: str, times: int = 1) -> None:
        """Notes a fault whose consequences were checked."""
        self.faults[part, fault] += times

    def table(self) -> list[str]:
        """Returns the faults as lines of a markdown table."""
        rows = [f"| {part} | {fault} | {n} |" for (part, fault), n in sorted(self.faults.items())]
        return ["| part | fault | injected |", "| --- | --- | --- |", *rows]

    def last_line(self) -> str:
        """Returns the sum of it all."""
        return (
            f"{self.faults.total()} faults injected, {self.accepted} events accepted, "
            f"{self.once} found once, {self.accepted - self.once} lost"
        )
