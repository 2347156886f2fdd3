"""Which column of a table plays which role."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Roles:
    """The column of each role, and other columns that may be meant.

    Attributes:
        chosen: the column of each role that has one.
        rated: how sure each is, 0 to 1.
        others: the other columns that were rated nearly as high.
    """

    chosen: dict[str, str] = field(default_factory=dict)
    rated: dict[str, float] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)

    def get(self, role: str) -> str | None:
        """Returns the column of `role`; null if it has none."""
        return self.chosen.get(role)
