"""What a store version knows of accounts: the answer of GET /v1/persons, and the export."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from plait.contracts.store_tables import EVENTS, REMOVED_EVENTS
from plait.contracts.table_schema import TableSchema
from plait.engine.engine import BUCKET
from plait.privacy.erased_rows import events_erased
from plait.privacy.erasure import Erasures
from plait.store import Store, StoreVersion
from plait.store.storage_errors import translate_errors
from plait.store.table_files import bucket_of_file, scan_data_files

_PIECE = 1_000  # rows written at once


@dataclass(frozen=True)
class KnownAccounts:
    """The rows of some accounts in a store version, without what was erased since.

    Attributes:
        store: the store.
        version: the version.
        accounts: the ACCOUNTS rows of the accounts.
        erasures: those that the version does not know.
    """

    store: Store
    version: StoreVersion
    accounts: pl.DataFrame
    erasures: Erasures

    @classmethod
    def of(
        cls, store: Store, version: StoreVersion, names: Sequence[str], erasures: Erasures
    ) -> KnownAccounts:
        """Returns what `version` knows of the accounts `names` (pseudonyms)."""
        wanted = pl.col("account").is_in(list(names))
        with translate_errors(store.uri):
            rows = store.scan("accounts", version).filter(wanted).collect()
        return cls(
            store,
            version,
            rows.filter(~erasures.covers(rows["account"], rows["last_time"])),
            erasures,
        )

    def events(self, table: TableSchema = EVENTS) -> pl.DataFrame:
        """Returns the rows of `table` (EVENTS or REMOVED_EVENTS), of their buckets only."""
        buckets = set(self.accounts[BUCKET].drop_nulls())
        if table.name in self.version.tables:
            files = self.store.parts(table.name, self.version) if buckets else []
            paths = [part.path for part in files if bucket_of_file(part) in buckets]
            rows = scan_data_files(self.store.location, table, paths)
        else:  # a version of an older plait
            rows = table.empty().lazy()
        with translate_errors(self.store.uri):
            found = rows.filter(pl.col("account").is_in(list(self.accounts["account"]))).collect()
        return found.filter(~events_erased(found, self.erasures)).sort("time", "event_id")

    def _of_table(self, name: str, *columns: str) -> pl.DataFrame:
        wanted = pl.any_horizontal(
            pl.col(column).is_in(list(self.accounts["account"])) for column in columns
        )
        if name not in self.version.tables:
            return pl.DataFrame()
        with translate_errors(self.store.uri):
            return self.store.scan(name, self.version).filter(wanted).collect()

    def lines(self) -> Iterator[bytes]:
        """Yields all rows as JSON lines. `kind` says what a line is of; columns are those of docs.

        The other accounts of evidence are those of the same person.
        """
        for kind, rows in (
            ("account", self.accounts),
            ("event", self.events()),
            ("removed_event", self.events(REMOVED_EVENTS)),
            ("impression", self._of_table("impressions", "account")),
            ("evidence", self._of_table("identity_edges", "account_a", "account_b")),
        ):
            for piece in rows.iter_slices(_PIECE):
                yield b"".join(json_line({"kind": kind, **row}) for row in piece.to_dicts())


def json_line(record: dict[str, Any]) -> bytes:
    """Returns `record` as a line of JSON; times are RFC 3339, UTC."""
    return json.dumps(record, default=_text).encode() + b"\n"


def time_text(moment: datetime | None) -> str | None:
    """Returns a time as RFC 3339, UTC; null stays null."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _text(value: object) -> Any:
    return time_text(value) if isinstance(value, datetime) else str(value)
