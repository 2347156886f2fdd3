"""What must hold of a store whatever happened to it."""

from __future__ import annotations

import polars as pl

from plait.contracts.store_tables import TABLES
from plait.store import Store, StoreVersion


def rows_of(store: Store, version: StoreVersion) -> dict[str, pl.DataFrame]:
    """Returns every table of `version`, read whole, in one order of rows."""
    return {name: _sorted(store.read(name, version)) for name in TABLES}


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    plain = [name for name, kind in table.schema.items() if not isinstance(kind, pl.List)]
    return table.sort(plain, nulls_last=True)


def assert_same(one: dict[str, pl.DataFrame], two: dict[str, pl.DataFrame]) -> None:
    """Fails if a table differs in a row."""
    for name, table in one.items():
        assert table.equals(two[name]), f"{name} differs"


def assert_balanced(version: StoreVersion) -> None:
    """Fails if a row went nowhere."""
    for entry in version.counts["platforms"].values():
        out = entry["events"] + entry["duplicates"] + entry["superseded"]
        out += sum(entry["quarantined"].values()) + sum(entry["removed"].values())
        assert entry["rows"] == out
