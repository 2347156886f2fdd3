"""A journal: JSON records numbered 1, 2, 3, ..., each put if absent, never changed.

Two writers that race for a number cannot both win, on a file system and on S3 alike.
Store versions and model aliases are journals; the last record is what holds now.
"""

from __future__ import annotations

import json
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError

from plait.errors import VersionExists
from plait.store.location import Objects

Record = dict[str, Any]


class Journal:
    """Records under `prefix` of an object store."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects, self._prefix = objects, prefix

    def numbers(self) -> list[int]:
        """Returns the numbers taken, in order."""
        metas = obstore.list(self._objects, self._prefix + "/").collect()
        names = (meta["path"].rsplit("/", 1)[-1] for meta in metas)
        return sorted(int(n[:-5]) for n in names if n.endswith(".json") and n[:-5].isdigit())

    def read(self, number: int) -> Record:
        """Returns record `number`.

        Raises:
            FileNotFoundError: no such record.
        """
        data = obstore.get(self._objects, self._name(number)).bytes()
        record: Record = json.loads(bytes(data))
        return record

    def last(self) -> tuple[int, Record] | None:
        """Returns the newest record and its number."""
        numbers = self.numbers()
        return (numbers[-1], self.read(numbers[-1])) if numbers else None

    def append(self, record: Record, number: int | None = None) -> int:
        """Writes `record` under `number` (default: the next free one); returns the number.

        Raises:
            VersionExists: another writer took that number first.
        """
        number = number or (self.numbers() or [0])[-1] + 1
        body = json.dumps(record, indent=1, sort_keys=True, default=str).encode()
        try:
            obstore.put(self._objects, self._name(number), body, mode="create")
        except AlreadyExistsError:
            raise VersionExists(
                f"{self._prefix}/{number} was published by another run a moment ago.",
                fix="Nothing is lost: run the command again on top of it.",
            ) from None
        return number

    def _name(self, number: int) -> str:
        return f"{self._prefix}/{number:08d}.json"
