"""A journal: JSON records numbered 1, 2, 3, ..., each put if absent, never changed.

Two writers that race for a number cannot both win, on a file system and on S3 alike.
Store versions and model aliases are journals; the last record is what holds now.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from obstore.exceptions import AlreadyExistsError

from plait.errors import VersionExists
from plait.store.objects import (
    Objects,
    list_objects,
    read_object,
    remove_objects,
    write_object,
)

Record = dict[str, Any]
_WRITER = "writer"  # tells this writer's record from an equal one of another


class Journal:
    """Records under `prefix` of an object store."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects, self._prefix = objects, prefix

    def numbers(self) -> list[int]:
        """Returns the numbers taken, in order."""
        metas = list_objects(self._objects, self._prefix)
        names = (meta["path"].rsplit("/", 1)[-1] for meta in metas)
        return sorted(int(n[:-5]) for n in names if n.endswith(".json") and n[:-5].isdigit())

    def read(self, number: int) -> Record:
        """Returns record `number`.

        Raises:
            FileNotFoundError: no such record.
        """
        record: Record = json.loads(read_object(self._objects, self._name(number)))
        record.pop(_WRITER, None)
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
        signed = record | {_WRITER: uuid.uuid4().hex}
        body = json.dumps(signed, indent=1, sort_keys=True, default=str).encode()
        try:
            write_object(self._objects, self._name(number), body, new=True)
        except AlreadyExistsError:
            # An answer that was lost on the way makes the client ask again, and find its own.
            if read_object(self._objects, self._name(number)) == body:
                return number
            raise VersionExists(
                f"{self._prefix}/{number} was published by another run a moment ago.",
                fix="Nothing is lost: run the command again on top of it.",
            ) from None
        return number

    def remove(self, number: int) -> None:
        """Removes record `number`; for what must never have been."""
        remove_objects(self._objects, [self._name(number)])

    def _name(self, number: int) -> str:
        return f"{self._prefix}/{number:08d}.json"
