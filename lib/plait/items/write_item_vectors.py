"""Writes the item vectors: replaces those of catalogues, and keeps those of other spaces."""

from __future__ import annotations

import polars as pl
from deltalake.transaction import AddAction

from plait.contracts.store_tables import ITEM_VECTORS
from plait.features.item_vectors import CONTENT_SPACE
from plait.store import Store, StoreVersion
from plait.store.storage_errors import translate_errors
from plait.store.table_files import scan_data_files


def write_item_vectors(store: Store, listed: pl.DataFrame, current: StoreVersion | None) -> int:
    """Writes ITEM_VECTORS; returns its Delta version.

    Vectors of other spaces do not come from logs or catalogues, so every run keeps them.

    Args:
        store: the store.
        listed: item and vector (may be null) of all catalogues.
        current: the version whose vectors of other spaces are kept, or null.

    Raises:
        StoreError: the store cannot be read or written.
    """
    writer, kept = store.writer(ITEM_VECTORS), list[AddAction]()
    if current is not None and ITEM_VECTORS.name in current.tables:
        for part in store.parts(ITEM_VECTORS.name, current):
            rows = scan_data_files(store.location, ITEM_VECTORS, [part.path])
            others = pl.col("space") != CONTENT_SPACE
            with translate_errors(store.uri):
                is_other = rows.select(others).unique().collect()["space"].to_list()
                if is_other == [True]:
                    kept.append(part)
                elif True in is_other:
                    writer.write(rows.filter(others).collect())
    content = listed.select("item", "vector", space=pl.lit(CONTENT_SPACE)).drop_nulls("vector")
    writer.write(content.sort("item"))
    return writer.commit(kept)
