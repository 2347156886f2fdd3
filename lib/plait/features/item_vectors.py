"""Reads the vectors of items, one space at a time, from any version of the store's tables.

A space holds the vectors that one encoder makes from one kind of content. Vectors are comparable
only within a space. The space `content` holds the vectors that catalogues give.
"""

from __future__ import annotations

import polars as pl

from plait.contracts.store_tables import ITEM_VECTORS
from plait.store import Store, StoreVersion
from plait.store.storage_errors import translate_errors

CONTENT_SPACE = "content"


def read_item_vectors(store: Store, version: StoreVersion, space: str) -> pl.DataFrame:
    """Returns columns item and vector of every item with a vector in `space`; may be empty.

    Raises:
        StoreError: the store cannot be read.
    """
    if ITEM_VECTORS.name in version.tables:
        found = store.scan(ITEM_VECTORS.name, version).filter(pl.col("space") == space)
    elif space == CONTENT_SPACE:  # an older plait had only this space, in the items table
        found = store.scan("items", version).filter(pl.col("vector").is_not_null())
    else:
        found = ITEM_VECTORS.empty().lazy()
    with translate_errors(store.uri):
        return found.select("item", "vector").collect()


def read_items_with_vectors(
    store: Store, version: StoreVersion, space: str = CONTENT_SPACE
) -> pl.DataFrame:
    """Returns the ITEMS of `version` in their order, with `vector` from `space`.

    Raises:
        StoreError: the store cannot be read.
    """
    items, vectors = store.read("items", version), read_item_vectors(store, version, space)
    joined = items.drop("vector").join(vectors, on="item", how="left", maintain_order="left")
    return joined.select(items.columns)
