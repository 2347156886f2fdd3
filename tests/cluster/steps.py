"""The seconds each step on the cluster took, printed last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Steps:
    """What was done on the cluster, how long it took, and what was counted on the way."""

    rows: list[tuple[str, float, str]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Times what happens inside; words put into the list it yields become the remark."""
        began, remarks = time.monotonic(), list[str]()
        yield remarks
        self.rows.append((name, time.monotonic() - began, "; ".join(remarks)))

    def table(self) -> list[str]:
        """Returns the lines of a markdown table."""
        rows = [f"| {name} | {seconds:.0f} | {remark} |" for name, seconds, remark in self.rows]
        return ["| step | seconds | |", "| --- | --- | --- |", *rows]
