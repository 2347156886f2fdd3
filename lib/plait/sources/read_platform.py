"""Reads the event log, catalogue and account attributes of a platform, all values as text."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from plait.config.platform_settings import Accounts, CatalogueSettings, Events, TypeColumn
from plait.contracts.event_rows import RAW_SCHEMA
from plait.sources.find_files import SourceFile
from plait.sources.read_chunks import CHUNK_ROWS, FAULT_COLUMN, WHOLE_COLUMN, read_chunks

CATALOGUE_FIELDS = (
    "item", "title", "categories", "brand", "price", "currency", "tags", "vector", "published",
)  # fmt: skip


def read_catalogue(file: SourceFile, catalogue: CatalogueSettings) -> Iterator[pl.DataFrame]:
    """Yields `row`, every catalogue field as text (null where unmapped), `fault` and `whole`."""
    fields = {k: v for k, v in catalogue.columns.model_dump().items() if v is not None}
    keys = {f"columns.{field}": column for field, column in fields.items()}
    for batch in read_chunks(file, fields, keys):
        yield batch.select(
            "row",
            *(
                pl.col(name) if name in fields else pl.lit(None, pl.String).alias(name)
                for name in CATALOGUE_FIELDS
            ),
            FAULT_COLUMN,
            WHOLE_COLUMN,
        )


def read_accounts(file: SourceFile, accounts: Accounts) -> Iterator[pl.DataFrame]:
    """Yields `row`, `account`, a column `key:<name>` per identity key, `fault` and `whole`; raw."""
    fields = {"account": accounts.account} | {f"key:{k}": c for k, c in accounts.keys.items()}
    keys = {"account": accounts.account} | {f"keys.{k}": c for k, c in accounts.keys.items()}
    yield from read_chunks(file, fields, keys)


def event_fields(events: Events) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the columns to read: RAW field to column; and config key to column, for messages."""
    fields = {k: v for k, v in events.columns.model_dump().items() if v is not None}
    keys = {f"columns.{field}": column for field, column in fields.items()}
    if isinstance(events.type, TypeColumn):
        fields["type"] = keys["type.column"] = events.type.column
    if events.time.resolution == "order":
        # Such a log has no times: the time column has the order.
        time = fields.pop("time", None)
        fields.setdefault("order", time or "")
    return fields, keys


def read_events(
    file: SourceFile, events: Events, chunk: int = CHUNK_ROWS
) -> Iterator[pl.DataFrame]:
    """Yields frames of RAW_SCHEMA (unchecked text) with `fault` and `whole`; see read_chunks."""
    fields, keys = event_fields(events)
    for batch in read_chunks(file, fields, keys, chunk):
        yield batch.select(
            "row",
            *(
                pl.col(name) if name in fields else pl.lit(None, kind).alias(name)
                for name, kind in RAW_SCHEMA.items()
                if name != "row"
            ),
            FAULT_COLUMN,
            WHOLE_COLUMN,
            *(["line"] if "line" in batch.columns else []),
        )
