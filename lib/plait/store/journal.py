"""A journal: JSON records numbered 1, 2, 3, ..., each put if absent and never changed.

If two writers race for a number, only one succeeds, on a file system and on S3. Store versions and
model aliases are journals, and the last record is the valid one. A small object `newest.json`
points to it, for readers that poll every second. The pointer is written after the record and may
lag, so readers also look for the numbers that follow it.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import Any

from obstore.exceptions import AlreadyExistsError

from plait.errors import DamagedRecord, StoreError, VersionExists
from plait.store.store_objects import (
    ObjectStore,
    list_objects,
    read_object,
    remove_objects,
    write_object,
)

JournalRecord = dict[str, Any]
_WRITER = "writer"  # distinguishes this writer's record from an equal one of another writer
_NEWEST = "newest.json"


class Journal:
    """The journal with the records under `prefix` of an object store."""

    def __init__(self, objects: ObjectStore, prefix: str) -> None:
        self._objects, self._prefix = objects, prefix
        self._polled: tuple[bytes, int, JournalRecord] | None = (
            None  # a pointer, and the record that it led to
        )
        self._pointed = False  # whether a missing pointer was already repaired

    def numbers(self) -> list[int]:
        """Returns the numbers of all records, in order."""
        metas = list_objects(self._objects, self._prefix)
        names = (meta["path"].rsplit("/", 1)[-1] for meta in metas)
        return sorted(int(n[:-5]) for n in names if n.endswith(".json") and n[:-5].isdigit())

    def read(self, number: int) -> JournalRecord:
        """Returns record `number`.

        Raises:
            FileNotFoundError: there is no such record.
            DamagedRecord: it is no JSON object.
        """
        record: JournalRecord = self._parse(number)
        record.pop(_WRITER, None)
        return record

    def last(self) -> tuple[int, JournalRecord] | None:
        """Returns the number of the newest record, and the record; null if there is none."""
        numbers = self.numbers()
        return (numbers[-1], self.read(numbers[-1])) if numbers else None

    def poll(self) -> tuple[int, JournalRecord] | None:
        """Returns the same as `last`, without listing the records.

        It usually takes two requests: to read `newest.json`, and to see that no record follows.
        """
        try:
            pointer = read_object(self._objects, self._pointer)
            if self._polled and self._polled[0] == pointer:
                _, number, record = self._polled
            else:
                number = int(json.loads(pointer)["number"])
                record = self.read(number)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return self._found_by_listing()
        with suppress(FileNotFoundError):
            while True:
                record = self.read(number + 1)
                number += 1
        self._polled = (pointer, number, record)
        return number, record

    def _found_by_listing(self) -> tuple[int, JournalRecord] | None:
        """Returns the newest record if no usable pointer exists; an older plait writes none."""
        last = self.last()
        if last is not None and not self._pointed:
            self._pointed = True  # only once, because the store may be read-only
            with suppress(StoreError):
                self.repair_pointer()
        return last

    def append(self, record: JournalRecord, number: int | None = None) -> int:
        """Writes `record` under `number` (default: the next free number); returns the number.

        Raises:
            VersionExists: another writer used that number first.
        """
        number = number or (self.numbers() or [0])[-1] + 1
        signed = record | {_WRITER: uuid.uuid4().hex}
        body = json.dumps(signed, indent=1, sort_keys=True, default=str).encode()
        try:
            write_object(self._objects, self._name(number), body, new=True)
        except AlreadyExistsError:
            # If a response was lost, the client retries and finds its own record.
            if read_object(self._objects, self._name(number)) != body:
                raise VersionExists(
                    f"{self._prefix}/{number} was published by another run a moment ago.",
                    fix="Nothing is lost. Run the command again.",
                ) from None
        with suppress(StoreError):  # the record is written, and is found without the pointer
            self._point(number, signed[_WRITER])
        return number

    def remove(self, number: int) -> None:
        """Removes record `number`, which is obsolete or was published in error."""
        remove_objects(self._objects, [self._name(number)])

    def repair_pointer(self) -> None:
        """Makes `newest.json` point to the newest record.

        Raises:
            StoreError: the store cannot be written.
        """
        numbers = self.numbers()
        if not numbers:
            remove_objects(self._objects, [self._pointer])
            return
        record = self._parse(numbers[-1])
        self._point(numbers[-1], str(record.get(_WRITER, "")))

    def _parse(self, number: int) -> JournalRecord:
        body = read_object(self._objects, self._name(number))
        try:
            record = json.loads(body)
            if isinstance(record, dict):
                return record
        except ValueError:
            pass
        raise DamagedRecord(
            f"'{self._name(number)}' of the store is damaged: its {len(body):,} bytes are no "
            "JSON object.",
            fix="Restore the file from a backup of the store. If there is none, remove it: the "
            "version before it is the newest then, and the next run makes up for it.",
        )

    def _point(self, number: int, writer: str) -> None:
        body = json.dumps({"number": number, _WRITER: writer}).encode()
        write_object(self._objects, self._pointer, body)

    @property
    def _pointer(self) -> str:
        return f"{self._prefix}/{_NEWEST}"

    def _name(self, number: int) -> str:
        return f"{self._prefix}/{number:08d}.json"
