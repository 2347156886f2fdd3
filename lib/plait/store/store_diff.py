"""Compares two store versions, table by table, as multisets of rows.

Each row is converted to text and hashed to 128 bits, and the hashes are counted on both sides. So
columns of all types can be compared, including lists. A table larger than memory is compared in
several passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import polars_hash  # noqa: F401 - registers the `nchash` namespace

from plait.contracts.personal_fields import mask_columns
from plait.contracts.store_tables import TABLES
from plait.contracts.table_schema import TableSchema
from plait.store.storage_errors import translate_errors
from plait.store.store import Store
from plait.store.store_version import StoreVersion
from plait.store.table_files import BUCKET_COLUMN, data_file_paths

_MAX_ROWS_HELD = 10_000_000  # hashes of each side held in memory at once
_HASH = ("__high", "__low")
_COUNT = "__count"


@dataclass(frozen=True)
class DiffSide:
    """One side of the comparison: a store version."""

    store: Store
    version: StoreVersion

    @property
    def name(self) -> str:
        """The name of this side in messages."""
        return f"{self.store.uri}@{self.version.number}"

    def rows(self, table: str) -> pl.LazyFrame:
        """Returns the rows of `table`; empty if this side has no such table."""
        if table not in self.version.tables:
            return TABLES[table].empty().lazy()
        return self.store.scan(table, self.version)


@dataclass(frozen=True)
class TableDiff:
    """The differences of one table.

    Attributes:
        table: the name of the table.
        rows: the number of rows of the first and the second side.
        only: the number of rows that only the first, or only the second side has. A row that
            occurs three times on one side and once on the other counts twice.
        examples: the first few of these rows, in the order of the table's columns. Text that people
            wrote is masked.
    """

    table: str
    rows: tuple[int, int]
    only: tuple[int, int]
    examples: tuple[list[dict[str, Any]], list[dict[str, Any]]]

    @property
    def equal(self) -> bool:
        """Whether both sides have the same rows."""
        return self.only == (0, 0)


def diff_versions(first: DiffSide, second: DiffSide, examples: int = 3) -> list[TableDiff]:
    """Returns how the tables of two store versions differ.

    Raises:
        StoreError: a table cannot be read.
    """
    names = [n for n in TABLES if n in first.version.tables or n in second.version.tables]
    return [_diff_table(TABLES[name], first, second, examples) for name in names]


def _diff_table(table: TableSchema, first: DiffSide, second: DiffSide, examples: int) -> TableDiff:
    with translate_errors(first.store.uri), translate_errors(second.store.uri):
        sides = (first.rows(table.name), second.rows(table.name))
        rows = (_height(sides[0]), _height(sides[1]))
        if _same_files(table.name, first, second):
            return TableDiff(table.name, rows, (0, 0), ([], []))
        hashed = (_hashed(sides[0], table), _hashed(sides[1], table))
        passes = max(rows) // _MAX_ROWS_HELD + 1
        only, found = [0, 0], ([], [])  # type: tuple[list[int], tuple[list[Any], list[Any]]]
        for number in range(passes):
            here = pl.col(_HASH[1]) % passes == number
            counts = _count_differences(hashed[0].filter(here), hashed[1].filter(here))
            for side, more in enumerate((pl.col("more"), -pl.col("more"))):
                extra = counts.filter(more > 0)
                only[side] += int(extra.select(more.sum()).item() or 0)
                if extra.height:
                    shown = _first_rows(hashed[side], extra, table, examples)
                    found[side].append(shown)
        return TableDiff(
            table.name,
            rows,
            (only[0], only[1]),
            (
                _merge_examples(found[0], table, examples),
                _merge_examples(found[1], table, examples),
            ),
        )


def _height(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect().item())


def _same_files(table: str, first: DiffSide, second: DiffSide) -> bool:
    """Whether both sides refer to the same files, as versions that share a table do."""
    if first.store.uri != second.store.uri:
        return False
    if not (table in first.version.tables and table in second.version.tables):
        return False
    files = [
        set(data_file_paths(side.store.location, table, side.version.tables[table]))
        for side in (first, second)
    ]
    return files[0] == files[1]


def _hashed(rows: pl.LazyFrame, table: TableSchema) -> pl.LazyFrame:
    """Returns `rows` with their hash in two columns. The bucket is not part of the hash."""
    exact = [
        _json_exact(name, kind) for name, kind in table.polars.items() if name != BUCKET_COLUMN
    ]
    text = pl.struct(exact).struct.json_encode()
    whole = text.nchash.xxh3_128()  # type: ignore[attr-defined]
    return rows.with_columns(__hash=whole).with_columns(
        (pl.col("__hash") // 2**64).cast(pl.UInt64).alias(_HASH[0]),
        (pl.col("__hash") % 2**64).cast(pl.UInt64).alias(_HASH[1]),
    )


def _json_exact(name: str, kind: Any) -> pl.Expr:
    """Returns the column with floats as text, because JSON has no NaN and no infinity."""
    if kind.is_float():
        return pl.col(name).cast(pl.String)
    if isinstance(kind, pl.List) and kind.inner.is_float():
        return pl.col(name).cast(pl.List(pl.String))
    return pl.col(name)


def _count_differences(first: pl.LazyFrame, second: pl.LazyFrame) -> pl.DataFrame:
    """Returns the hashes whose counts differ, and the count of first minus second (`more`)."""
    signed = pl.concat(
        [
            first.select(*_HASH, pl.lit(1, pl.Int64).alias(_COUNT)),
            second.select(*_HASH, pl.lit(-1, pl.Int64).alias(_COUNT)),
        ]
    )
    summed = signed.group_by(_HASH).agg(pl.col(_COUNT).sum().alias("more"))
    return summed.filter(pl.col("more") != 0).collect(engine="streaming")


def _first_rows(
    hashed: pl.LazyFrame, extra: pl.DataFrame, table: TableSchema, count: int
) -> pl.DataFrame:
    """Returns the first `count` rows whose hash is in `extra`."""
    wanted = extra.lazy().select(_HASH)
    found = hashed.join(wanted, on=list(_HASH), how="semi").select(table.columns)
    return found.sort(_order(table)).head(count).collect(engine="streaming")


def _merge_examples(
    parts: list[pl.DataFrame], table: TableSchema, count: int
) -> list[dict[str, Any]]:
    if not parts:
        return []
    return mask_columns(pl.concat(parts).sort(_order(table)).head(count)).to_dicts()


def _order(table: TableSchema) -> list[str]:
    """Returns the columns to sort rows by: those that are not lists."""
    return [name for name, kind in table.polars.items() if not isinstance(kind, pl.List)]
