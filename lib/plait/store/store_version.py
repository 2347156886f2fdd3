"""A store version: the Delta versions of all tables that belong together."""

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
        number: 1, 2, 3, ..., in the order of publication.
        tables: the Delta version of each table, by name.
        counts: the rows in and out of each platform, and the table sizes.
        inputs: the records of the inputs: path, size, modification time, and the setting that
            names the input; see store/input_records.py.
        contract: the version of the table contracts.
        published: the time of publication, RFC 3339, UTC.
        restores: the number of the older version whose tables these are, for a rollback; else null.
        buckets: the number of buckets.
        settings: the settings that decided the contents, by name.
        run: the record of the run: mode, reason, files and rows read, buckets rewritten.
        drained: the last stream id read from each folder of the feedback log; null: unknown.
        learned: what was learned from the logs; see fusion/stages/learn_strengths.py.
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
    learned: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_record(cls, number: int, record: Mapping[str, Any]) -> StoreVersion:
        """Returns the version in a journal's `record`; ignores fields that it does not know.

        Raises:
            StoreError: the record has an unsafe table name or Delta version.
        """
        _check_tables(number, record.get("tables"))
        known = {f.name for f in fields(cls)} - {"number"}
        return cls(number=number, **{k: v for k, v in record.items() if k in known})

    def to_record(self) -> dict[str, Any]:
        """Returns the record for the journal, without the number."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        del record["number"]
        for name in ("restores", "drained"):
            if record[name] is None:
                del record[name]
        if not self.learned:
            del record["learned"]
        if isinstance(self.inputs, InputRecords):
            # An older plait finds an empty list, and reads everything.
            record["inputs"] = []
            record["inputs_at"] = {"path": self.inputs.path, "count": len(self.inputs)}
        else:
            record["inputs"] = list(self.inputs)
        return record


def _check_tables(number: int, tables: object) -> None:
    """Raises StoreError if a table name would lead out of the store's tables."""
    try:
        if not isinstance(tables, Mapping):
            raise UnsafeName(f"{tables!r} is not a mapping")
        for name, version in tables.items():
            check_name(name)
            if not isinstance(version, int) or version < 0:
                raise UnsafeName(f"'{name}' has no version {version!r}")
    except UnsafeName as error:
        raise StoreError(
            f"store version {number} names its tables, but {error}.",
            fix="It was changed by hand. Restore its JSON from a copy, or run `plait fuse`.",
        ) from None
