"""A store version: which Delta version of each table belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from plait.contracts.table_schema import CONTRACT_VERSION
from plait.errors import StoreError
from plait.store.input_records import InputRecords
from plait.store.safe_names import UnsafeName, check_name


@dataclass(frozen=True)
class StoreVersion:
    """One published state of all tables.

    Attributes:
        number: 1, 2, 3, ... in the order of publication.
        tables: Delta version of each table.
        counts: rows in and out, a platform at a time, and table sizes.
        inputs: the files that were read: path, size, modification time, and the setting that
            names them; see store/input_records.py.
        contract: version of the table contracts it was written under.
        published: RFC 3339, UTC.
        restores: the older version whose tables these are, if it was published by a rollback.
        buckets: into how many the people are spread.
        settings: the settings that decided what it holds, by name.
        run: how it was made: all or some files read, why, buckets rewritten.
        drained: the last stream id that it read, by folder of the feedback log; null: unknown.
    """

    number: int
    tables: dict[str, int]
    counts: dict[str, Any] = field(default_factory=dict)
    inputs: Sequence[dict[str, Any]] = ()
    contract: int = CONTRACT_VERSION
    published: str = ""
    restores: int | None = None
    buckets: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    drained: dict[str, str] | None = None

    @classmethod
    def from_record(cls, number: int, record: Mapping[str, Any]) -> StoreVersion:
        """Returns the version in a journal's `record`; what another plait added is left out.

        Raises:
            StoreError: its tables are not named as tables are.
        """
        _check_tables(number, record.get("tables"))
        known = {f.name for f in fields(cls)} - {"number"}
        return cls(number=number, **{k: v for k, v in record.items() if k in known})

    def to_record(self) -> dict[str, Any]:
        """Returns what is written to the journal; its place gives the number."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        del record["number"]
        for name in ("restores", "drained"):
            if record[name] is None:
                del record[name]
        if isinstance(self.inputs, InputRecords):
            # A plait that knows no such object finds an empty list, and reads everything.
            record["inputs"] = []
            record["inputs_at"] = {"path": self.inputs.path, "count": len(self.inputs)}
        else:
            record["inputs"] = list(self.inputs)
        return record


def _check_tables(number: int, tables: object) -> None:
    """Refuses a record whose tables would be looked for outside the store's own."""
    try:
        if not isinstance(tables, Mapping):
            raise UnsafeName(f"{tables!r} is no table")
        for name, version in tables.items():
            check_name(name)
            if not isinstance(version, int) or version < 0:
                raise UnsafeName(f"'{name}' has no version {version!r}")
    except UnsafeName as error:
        raise StoreError(
            f"store version {number} names its tables, but {error}.",
            fix="Somebody changed it by hand: restore its JSON from a copy, or run `plait fuse`.",
        ) from None
