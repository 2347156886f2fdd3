"""What the feedback log's compactions have made: a journal, whose last record holds.

Layout: `feedback/index/<events|links|impressions>/<number>.json`. A record names the parts, and
what they replaced: objects that a reader of an earlier listing may still read, removed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plait.store.journal import Journal
from plait.store.store_objects import ObjectStore

_INDEX_FOLDER = "feedback/index"
_KEPT_RECORDS = 5  # records; a reader lists them just before it reads one


@dataclass(frozen=True)
class CompactionIndex:
    """One state of a folder of the log.

    Attributes:
        number: of the compaction that made it; 0: there was none.
        parts: rows by path.
        replaced: objects and parts whose rows lie in `parts`, and when that was done.
    """

    number: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, datetime] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """Returns what is written down."""
        replaced = {path: moment.isoformat() for path, moment in self.replaced.items()}
        return {"parts": dict(self.parts), "replaced": replaced}


def read_index(objects: ObjectStore, folder: str) -> CompactionIndex:
    """Returns the newest index of `folder`."""
    last = index_journal(objects, folder).last()
    if last is None:
        return CompactionIndex()
    number, record = last
    replaced = {path: datetime.fromisoformat(text) for path, text in record["replaced"].items()}
    return CompactionIndex(number, record["parts"], replaced)


def write_index(objects: ObjectStore, folder: str, index: CompactionIndex) -> None:
    """Makes `index` the newest.

    Raises:
        VersionExists: another compaction came first.
    """
    book = index_journal(objects, folder)
    book.append(index.to_record(), index.number)
    for number in book.numbers()[:-_KEPT_RECORDS]:
        book.remove(number)


def index_journal(objects: ObjectStore, folder: str) -> Journal:
    """Returns the journal of the indexes of `folder`."""
    return Journal(objects, f"{_INDEX_FOLDER}/{folder.rpartition('/')[2]}")


def utc_now() -> datetime:
    """Returns the clock's time."""
    return datetime.now(UTC)
