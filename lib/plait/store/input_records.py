"""What a store version read: a list in an object of its own, looked at by who needs it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from plait.errors import StoreError
from plait.store.location import Location
from plait.store.store_objects import read_object, write_object

INPUTS_FOLDER = "inputs"  # inputs/<SHA-256 of what it says>.json
InputRecord = dict[str, Any]


class InputRecords(Sequence[InputRecord]):
    """The records of all inputs; how many there are is known without reading them.

    Args:
        location: the store.
        path: where the list lies in it.
        count: how many records it has.
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
            return True  # named after what it says
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
                    f"'{self.path}' in the store '{self._location.uri}' is missing: the list of "
                    "what a version read.",
                    fix="Restore it, or read everything anew: plait fuse --full",
                ) from None
            self._records = list(json.loads(body))
        return self._records


def write_input_records(location: Location, records: Sequence[Mapping[str, Any]]) -> InputRecords:
    """Puts a list of inputs into the store; what stands there already says the same.

    Raises:
        StoreError: the store cannot be written.
    """
    body = json.dumps([dict(r) for r in records], sort_keys=True, default=str).encode()
    path = f"{INPUTS_FOLDER}/{hashlib.sha256(body).hexdigest()[:32]}.json"
    # Written whether it is there or not: what is young is spared by `plait gc`.
    write_object(location.objects, path, body)
    return InputRecords(location, path, len(records))


def open_input_records(location: Location, said: object) -> Sequence[InputRecord]:
    """Returns the inputs that a version's JSON tells of: where they are, or, once, themselves."""
    if isinstance(said, Mapping):
        return InputRecords(location, str(said["path"]), int(said["count"]))
    return list(said) if isinstance(said, Sequence) else []
