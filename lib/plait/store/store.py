"""The store: its tables and its versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from deltalake.transaction import AddAction

from plait.contracts.store_tables import ADDED_TABLES, TABLES
from plait.contracts.table_schema import CONTRACT_VERSION, TableSchema
from plait.errors import NothingFused, StoreError, VersionExists
from plait.store.damaged_files import name_damaged_files
from plait.store.delta_tables import CommittedFiles, TableWriter, scan_table
from plait.store.feedback.log_paths import LOG_FOLDERS, last_drained_id
from plait.store.input_records import open_input_records, write_input_records
from plait.store.journal import Journal, JournalRecord
from plait.store.location import open_location
from plait.store.storage_errors import translate_errors
from plait.store.store_objects import list_objects
from plait.store.store_version import StoreVersion
from plait.store.table_files import data_file_paths, list_data_files, object_names

READABLE_CONTRACTS = (
    CONTRACT_VERSION,
    CONTRACT_VERSION - 1,
)  # the contracts that this plait can read


class Store:
    """A store. Readers always see whole versions, and one writer at a time publishes the next.

    Layout: `tables/<name>/` (Delta), `versions/<number>.json` and `versions/newest.json`,
    `inputs/`, `models/`, `runs/`, `failed_runs/`, `feedback/`, `identity/log/`.
    """

    def __init__(self, root: str | Path) -> None:
        self.location = open_location(root)
        self.objects = self.location.objects
        self._versions = Journal(self.objects, "versions")
        self._committed: CommittedFiles = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles only the address."""
        return Store, (self.uri,)

    def path(self, name: str) -> Path | None:
        """Returns the path of `name` in the store, or null if the store is not local."""
        return Path(self.uri) / name if self.location.is_local else None

    @property
    def uri(self) -> str:
        """The address of the store: an absolute path or s3://bucket/prefix."""
        return self.location.uri

    def current(self) -> StoreVersion:
        """Returns the newest published version.

        Raises:
            NothingFused: no version is published yet.
            StoreError: this plait cannot read its contract.
        """
        return self._newest(self._versions.last())

    def poll(self) -> StoreVersion:
        """Returns the newest version, as `current`, for callers that poll.

        It takes two small requests, regardless of the number of versions and inputs.

        Raises:
            NothingFused: no version is published yet.
            StoreError: this plait cannot read its contract.
        """
        return self._newest(self._versions.poll())

    def _newest(self, last: tuple[int, JournalRecord] | None) -> StoreVersion:
        if last is None:
            raise NothingFused(
                f"the store '{self.uri}' has no version yet.", fix="Run `plait fuse` first."
            )
        return self._version(*last)

    def version(self, number: int) -> StoreVersion:
        """Returns version `number`.

        Raises:
            StoreError: there is no such version, or this plait cannot read its contract.
        """
        if number not in self._versions.numbers():
            raise StoreError(
                f"the store '{self.uri}' has no version {number}.",
                allowed=f"Versions: {self.numbers()}.",
            )
        return self._version(number, self._versions.read(number))

    def versions(self) -> list[StoreVersion]:
        """Returns all published versions with a readable contract, oldest first."""
        records = ((number, self._versions.read(number)) for number in self.numbers())
        return [self._version(n, r) for n, r in records if r.get("contract") in READABLE_CONTRACTS]

    def numbers(self) -> list[int]:
        """Returns the numbers of all published versions, in order."""
        return self._versions.numbers()

    def scan(self, table: str, version: StoreVersion | None = None) -> pl.LazyFrame:
        """Returns the rows of `table` in `version` (default: the current one) as a lazy frame.

        A table that an older plait did not write is empty.
        """
        version = version or self.current()
        older = version.contract < CONTRACT_VERSION or table in ADDED_TABLES
        if table not in version.tables and older:
            return TABLES[table].empty().lazy()
        return scan_table(self.location, TABLES[table], version.tables[table])

    def read(self, table: str, version: StoreVersion | None = None) -> pl.DataFrame:
        """Returns the rows of `table` in `version` (default: the current one)."""
        with name_damaged_files(self), translate_errors(self.uri):
            return self.scan(table, version).collect()

    def parts(self, table: str, version: StoreVersion) -> list[AddAction]:
        """Returns the files of `table` in `version`."""
        return list_data_files(self.location, TABLES[table], version.tables[table])

    def writer(self, table: TableSchema) -> TableWriter:
        """Returns a writer of the next version of `table`."""
        return TableWriter(self.location, table, self._committed)

    def publish(
        self,
        tables: dict[str, int],
        counts: dict[str, Any],
        inputs: Sequence[dict[str, Any]],
        number: int | None = None,
        *,
        restores: int | None = None,
        buckets: int = 0,
        settings: dict[str, Any] | None = None,
        run: dict[str, Any] | None = None,
        learned: dict[str, Any] | None = None,
        contract: int = CONTRACT_VERSION,
    ) -> StoreVersion:
        """Publishes the named Delta versions as one store version, atomically.

        Args:
            tables: the Delta version of each table, by name.
            counts: the counts of rows in and out.
            inputs: the records of the inputs.
            number: the number of the new version; default: the next one. A run that started from
                version n passes n + 1, so that it cannot supersede a version it has not seen.
            restores: the number of the older version whose tables these are, for a rollback.
            buckets: the number of buckets.
            settings: the settings that decided the contents.
            run: the record of the run.
            learned: what was learned from the logs.
            contract: the contract version of the tables.

        Raises:
            VersionExists: another run published that number, or a later one, first.
            StoreError: `plait gc` removed files of this run, because it ran longer than the grace
                period of `plait gc`.
        """
        self._check_parts(tables)
        version = StoreVersion(
            number=0,
            tables=tables,
            counts=counts,
            inputs=write_input_records(self.location, inputs),
            drained=_last_drained(inputs),
            published=datetime.now(UTC).isoformat(timespec="seconds"),
            restores=restores,
            buckets=buckets,
            settings=settings or {},
            run=run or {},
            learned=learned or {},
            contract=contract,
        )
        # A late run must not use a number that gc has freed.
        if number is not None and number <= (self.numbers() or [0])[-1]:
            raise _version_exists(number)
        made = self._version(
            self._versions.append(version.to_record(), number), version.to_record()
        )
        if self.numbers()[-1] > made.number:
            self.withdraw(made)
            raise _version_exists(made.number)
        return made

    def withdraw(self, version: StoreVersion) -> None:
        """Removes a version that another one overtook, or whose files were removed."""
        self._versions.remove(version.number)
        self._versions.repair_pointer()

    def repair_pointer(self) -> None:
        """Makes the pointer for `poll` name the newest version; a killed run may have left it old.

        Raises:
            StoreError: the store cannot be written.
        """
        self._versions.repair_pointer()

    def _check_parts(self, tables: dict[str, int]) -> None:
        """Raises StoreError unless every data file of the new version exists."""
        for table, version in tables.items():
            there = {meta["path"] for meta in list_objects(self.objects, f"tables/{table}")}
            committed = self._committed.get((table, version))
            if committed is None:  # an older version, or another process committed it
                wanted = data_file_paths(self.location, table, version)
            else:
                wanted = object_names(table, committed)
            gone = [name for name in wanted if name not in there]
            if gone:
                raise StoreError(
                    f"'{gone[0]}' is missing from the store '{self.uri}'. Nothing was published.",
                    allowed="After a grace period, `plait gc` removes files that no version names.",
                    fix="Run again, and give `plait gc` an --older-than longer than a run.",
                )

    def _version(self, number: int, record: dict[str, Any]) -> StoreVersion:
        if record["contract"] not in READABLE_CONTRACTS:
            raise StoreError(
                f"store version {number} has contract {record['contract']}.",
                allowed=f"This plait reads {CONTRACT_VERSION - 1} and {CONTRACT_VERSION}.",
                fix="Install the plait that wrote it, or run `plait fuse` again.",
            )
        inputs = open_input_records(self.location, record.get("inputs_at") or record.get("inputs"))
        return StoreVersion.from_record(number, {**record, "inputs": inputs})


def _last_drained(inputs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Returns the last stream id that was read from each folder of the feedback log."""
    paths = [str(record.get("path", "")) for record in inputs]
    found = {folder: last_drained_id(paths, folder) for folder in LOG_FOLDERS}
    return {folder: last for folder, last in found.items() if last}


def _version_exists(number: int) -> VersionExists:
    return VersionExists(
        f"versions/{number} was published by another run a moment ago.",
        fix="Nothing is lost. Run the command again.",
    )
