"""The input records of a store version: a list in an object of its own, read on demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from plait.errors import StoreError
from plait.store.location import Location
from plait.store.store_objects import read_object, write_object

INPUTS_FOLDER = "inputs"  # inputs/<SHA-256 of the content>.json
InputRecord = dict[str, Any]


class InputRecords(Sequence[InputRecord]):
    """The records of all inputs, read on first access. Their number is known before.

    Args:
        location: the location of the store.
        path: the path of the list in the store.
        count: the number of records.
    """

    def __init__(self, location: Location, path: str, count: int) -> None:
        self._location, self.path, self._count = location, path, count
        self._records: list[InputRecord] | None = None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[InputRecord]:
        return iter(self._read())

    @overload
    def __getitem__(self, index: int) -> InputRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[InputRecord]: ...
    def __getitem__(self, index: int | slice) -> InputRecord | list[InputRecord]:
        return self._read()[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, InputRecords) and other.path == self.path:
            return True  # the path is a hash of the content
        return isinstance(other, Sequence) and self._read() == list(other)

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"InputRecords({self.path!r}, {self._count})"

    def _read(self) -> list[InputRecord]:
        if self._records is None:
            try:
                body = read_object(self._location.objects, self.path)
            except FileNotFoundError:
                raise StoreError(
                    f"'{self.path}' in the store '{self._location.uri}' is missing. It lists the "
                    "inputs of a version.",
                    fix="Restore it, or read all inputs again: plait fuse --full",
                ) from None
            self._records = list(json.loads(body))
        return self._records


def write_input_records(location: Location, records: Sequence[Mapping[str, Any]]) -> InputRecords:
    """Writes a list of inputs to the store, named after its content.

    Raises:
        StoreError: the store cannot be written.
    """
    body = json.dumps([dict(r) for r in records], sort_keys=True, default=str).encode()
    path = f"{INPUTS_FOLDER}/{hashlib.sha256(body).hexdigest()[:32]}.json"
    # Written even if it exists, because `plait gc` keeps young objects.
    write_object(location.objects, path, body)
    return InputRecords(location, path, len(records))


def open_input_records(location: Location, record: object) -> Sequence[InputRecord]:
    """Returns the inputs in a version's JSON: a reference, or, from an older plait, a list."""
    if isinstance(record, Mapping):
        return InputRecords(location, str(record["path"]), int(record["count"]))
    return list(record) if isinstance(record, Sequence) else []
