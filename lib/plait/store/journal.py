"""A journal: JSON records numbered 1, 2, 3, ..., each put if absent, never changed.

Two writers that race for a number cannot both win, on a file system and on S3 alike.
Store versions and model aliases are journals; the last record is what holds now. A small object
beside the records, `newest.json`, says which one that is to who asks every second. It is written
after the record, so it may lag: the numbers that follow it are looked for, and found.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import Any

from obstore.exceptions import AlreadyExistsError

from plait.errors import StoreError, VersionExists
from plait.store.store_objects import (
    ObjectStore,
    list_objects,
    read_object,
    remove_objects,
    write_object,
)

JournalRecord = dict[str, Any]
_WRITER = "writer"  # tells this writer's record from an equal one of another
_NEWEST = "newest.json"


class Journal:
    """Records under `prefix` of an object store."""

    def __init__(self, objects: ObjectStore, prefix: str) -> None:
        self._objects, self._prefix = objects, prefix
        self._polled: tuple[bytes, int, JournalRecord] | None = None  # a pointer and what it led to
        self._pointed = False  # whether a missing pointer was written

    def numbers(self) -> list[int]:
        """Returns the numbers taken, in order."""
        metas = list_objects(self._objects, self._prefix)
        names = (meta["path"].rsplit("/", 1)[-1] for meta in metas)
        return sorted(int(n[:-5]) for n in names if n.endswith(".json") and n[:-5].isdigit())

    def read(self, number: int) -> JournalRecord:
        """Returns record `number`.

        Raises:
            FileNotFoundError: no such record.
        """
        record: JournalRecord = json.loads(read_object(self._objects, self._name(number)))
        record.pop(_WRITER, None)
        return record

    def last(self) -> tuple[int, JournalRecord] | None:
        """Returns the newest record and its number."""
        numbers = self.numbers()
        return (numbers[-1], self.read(numbers[-1])) if numbers else None

    def poll(self) -> tuple[int, JournalRecord] | None:
        """Returns the newest record and its number, as `last`, in a bounded number of requests.

        Mostly these are two: what `newest.json` says, and that no record follows it.
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
        """Returns the newest record where no pointer leads to it: a plait of before wrote it."""
        last = self.last()
        if last is not None and not self._pointed:
            self._pointed = True  # once: the store may be one that can only be read
            with suppress(StoreError):
                self.repair_pointer()
        return last

    def append(self, record: JournalRecord, number: int | None = None) -> int:
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
            if read_object(self._objects, self._name(number)) != body:
                raise VersionExists(
                    f"{self._prefix}/{number} was published by another run a moment ago.",
                    fix="Nothing is lost: run the command again on top of it.",
                ) from None
        with suppress(StoreError):  # the record stands, and is found without it
            self._point(number, signed[_WRITER])
        return number

    def remove(self, number: int) -> None:
        """Removes record `number`: one that nobody needs, or that must never have been."""
        remove_objects(self._objects, [self._name(number)])

    def repair_pointer(self) -> None:
        """Makes `newest.json` name the newest record there is.

        Raises:
            StoreError: the store cannot be written.
        """
        numbers = self.numbers()
        if not numbers:
            remove_objects(self._objects, [self._pointer])
            return
        record = json.loads(read_object(self._objects, self._name(numbers[-1])))
        self._point(numbers[-1], str(record.get(_WRITER, "")))

    def _point(self, number: int, writer: str) -> None:
        body = json.dumps({"number": number, _WRITER: writer}).encode()
        write_object(self._objects, self._pointer, body)

    @property
    def _pointer(self) -> str:
        return f"{self._prefix}/{_NEWEST}"

    def _name(self, number: int) -> str:
        return f"{self._prefix}/{number:08d}.json"
