"""Vectors of items: of each space a table of its own to its readers, wherever it stands.

A space is what one encoder makes of one kind of content, and vectors compare inside it alone. The
space `content` holds what catalogues give.
"""

from __future__ import annotations

import polars as pl

from plait.contracts.store_tables import ITEM_VECTORS
from plait.store import Store, StoreVersion
from plait.store.storage_errors import translate_errors

CONTENT_SPACE = "content"


def read_item_vectors(store: Store, version: StoreVersion, space: str) -> pl.DataFrame:
    """Returns item and vector of every item that has one in `space`; none if nobody has.

    Raises:
        StoreError: the store cannot be read.
    """
    if ITEM_VECTORS.name in version.tables:
        found = store.scan(ITEM_VECTORS.name, version).filter(pl.col("space") == space)
    elif space == CONTENT_SPACE:  # an older plait knew this one alone, in another table
        found = store.scan("items", version).filter(pl.col("vector").is_not_null())
    else:
        found = ITEM_VECTORS.empty().lazy()
    with translate_errors(store.uri):
        return found.select("item", "vector").collect()


def read_items_with_vectors(
    store: Store, version: StoreVersion, space: str = CONTENT_SPACE
) -> pl.DataFrame:
    """Returns the ITEMS of `version` in their order, `vector` being that of `space`.

    Raises:
        StoreError: the store cannot be read.
    """
    items, vectors = store.read("items", version), read_item_vectors(store, version, space)
    joined = items.drop("vector").join(vectors, on="item", how="left", maintain_order="left")
    return joined.select(items.columns)
