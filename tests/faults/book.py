"""The book of a fault run: what was broken, what had been promised, and what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


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

    def add(self, other: Book) -> None:
        """Adds what `other` notes."""
        self.faults += other.faults
        self.accepted += other.accepted
        self.once += other.once

    def as_plain(self) -> dict[str, Any]:
        """Returns the book as values that pass from process to process."""
        faults = [[*key, times] for key, times in self.faults.items()]
        return {"faults": faults, "accepted": self.accepted, "once": self.once}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Book:
        """Returns the book that `as_plain` was made of."""
        faults = Counter({(part, fault): times for part, fault, times in plain["faults"]})
        return cls(faults, plain["accepted"], plain["once"])

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
