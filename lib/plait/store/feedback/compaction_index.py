"""The compaction index of the feedback log: a journal whose last record is valid.

Layout: `feedback/index/<folder>/<number>.json`. A record names the parts, and
the objects that they replaced. A reader of an earlier listing may still read replaced objects;
they are removed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plait.store.journal import Journal
from plait.store.store_objects import ObjectStore

_INDEX_FOLDER = "feedback/index"
_KEPT_RECORDS = 5  # records kept, because a reader lists them before it reads one


@dataclass(frozen=True)
class CompactionIndex:
    """The index of one folder of the log.

    Attributes:
        number: the number of the compaction that wrote it; 0: there was none.
        parts: the number of rows of each part, by path.
        replaced: when each object or part was replaced by `parts`, by path.
        emptied: the objects and parts whose rows were all erased: they are not lost.
    """

    number: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, datetime] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Returns the JSON record."""
        replaced = {path: moment.isoformat() for path, moment in self.replaced.items()}
        record: dict[str, Any] = {"parts": dict(self.parts), "replaced": replaced}
        return record | ({"emptied": list(self.emptied)} if self.emptied else {})


def read_index(objects: ObjectStore, folder: str) -> CompactionIndex:
    """Returns the newest index of `folder`."""
    last = index_journal(objects, folder).last()
    if last is None:
        return CompactionIndex()
    number, record = last
    replaced = {path: datetime.fromisoformat(text) for path, text in record["replaced"].items()}
    return CompactionIndex(number, record["parts"], replaced, tuple(record.get("emptied", ())))


def write_index(objects: ObjectStore, folder: str, index: CompactionIndex) -> None:
    """Publishes `index` as the newest.

    Raises:
        VersionExists: another compaction published this number first.
    """
    journal = index_journal(objects, folder)
    journal.append(index.to_record(), index.number)
    for number in journal.numbers()[:-_KEPT_RECORDS]:
        journal.remove(number)


def index_journal(objects: ObjectStore, folder: str) -> Journal:
    """Returns the journal of the indexes of `folder`."""
    return Journal(objects, f"{_INDEX_FOLDER}/{folder.rpartition('/')[2]}")


def utc_now() -> datetime:
    """Returns the current time, UTC."""
    return datetime.now(UTC)
