"""The contract of a table: an Arrow schema with a meaning for every column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

CONTRACT_VERSION = 3  # of all tables; readers also accept the previous version


def column(name: str, kind: pa.DataType, meaning: str, *, null: bool = False) -> pa.Field:
    """Returns an Arrow field with its meaning (and unit) in the metadata."""
    return pa.field(name, kind, nullable=null, metadata={"meaning": meaning})


def conform_rows(rows: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Returns `rows` with the columns, order and types of `schema`; missing columns are null."""
    return rows.select(
        pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    )


@dataclass(frozen=True)
class TableSchema:
    """The name, columns and row meaning of a table.

    Attributes:
        name: the name of the table.
        row: what one row describes.
        schema: the columns, each with a meaning.
        bucketed: whether the files are partitioned by bucket of people, so that a bucket can be
            replaced alone.
    """

    name: str
    row: str
    schema: pa.Schema
    bucketed: bool = False

    @cached_property
    def polars(self) -> Mapping[str, Any]:
        """The Polars schema: column to type."""
        return dict(pl.Schema(self.schema))

    @property
    def columns(self) -> list[str]:
        """Column names in the table's order."""
        return list(self.schema.names)

    def conform(self, df: pl.DataFrame) -> pl.DataFrame:
        """Returns `df` with this table's columns, order and types; missing ones are null."""
        return conform_rows(df, self.polars)

    def arrow(self, df: pl.DataFrame) -> pa.Table:
        """Returns `df` as Arrow under the declared schema (plain strings, nullability)."""
        return self.conform(df).to_arrow().cast(self.schema)

    def empty(self) -> pl.DataFrame:
        """Returns this table without rows."""
        return pl.DataFrame(schema=self.polars)


def describe_columns(tables: Iterable[TableSchema]) -> list[dict[str, str]]:
    """Returns one record per column: table, column, type, null, meaning. Used by docs/data.md."""
    return [
        {
            "table": table.name,
            "column": field.name,
            "type": str(field.type),
            "null": "yes" if field.nullable else "no",
            "meaning": (field.metadata or {}).get(b"meaning", b"").decode(),
        }
        for table in tables
        for field in table.schema
    ]
