"""What the feedback log's compactions have made: a journal, whose last record holds.

Layout: `feedback/index/<events|links>/<number>.json`. A record names the parts, and what they
replaced: objects that may still be read by who looked before, and are removed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plait.store.journal import Journal
from plait.store.objects import Objects

_AT = "feedback/index"
_KEPT = 5  # records; whoever reads one has listed them a moment ago


@dataclass(frozen=True)
class Index:
    """One state of a folder of the log.

    Attributes:
        number: of the compaction that made it; 0: there was none.
        parts: rows by path.
        replaced: objects and parts whose rows lie in `parts`, and when that was done.
    """

    number: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, datetime] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Returns what is written down."""
        replaced = {path: moment.isoformat() for path, moment in self.replaced.items()}
        return {"parts": dict(self.parts), "replaced": replaced}


def read_index(objects: Objects, folder: str) -> Index:
    """Returns the newest index of `folder`."""
    last = journal(objects, folder).last()
    if last is None:
        return Index()
    number, record = last
    replaced = {path: datetime.fromisoformat(text) for path, text in record["replaced"].items()}
    return Index(number, record["parts"], replaced)


def write_index(objects: Objects, folder: str, index: Index) -> None:
    """Makes `index` the newest.

    Raises:
        VersionExists: another compaction came first.
    """
    book = journal(objects, folder)
    book.append(index.record(), index.number)
    for number in book.numbers()[:-_KEPT]:
        book.remove(number)


def journal(objects: Objects, folder: str) -> Journal:
    """Returns the journal of the indexes of `folder`."""
    return Journal(objects, f"{_AT}/{folder.rpartition('/')[2]}")


def now() -> datetime:
    """Returns the clock's time."""
    return datetime.now(UTC)
