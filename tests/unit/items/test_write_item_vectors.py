"""One table for the vectors of several spaces: catalogues fill one, and leave the others alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import pytest

from plait.contracts.store_tables import ITEM_VECTORS, ITEMS
from plait.features.item_vectors import read_item_vectors, read_items_with_vectors
from plait.items.write_item_vectors import write_item_vectors
from plait.store import Store, StoreVersion

Vectors = Mapping[str, Sequence[float] | None]


def _frame(vectors: Vectors) -> pl.DataFrame:
    schema = {"item": pl.String(), "vector": pl.List(pl.Float32())}
    rows = [(item, v and list(map(float, v))) for item, v in vectors.items()]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _fuse(store: Store, catalogue: Vectors, current: StoreVersion | None = None) -> StoreVersion:
    """Publishes a version as a fuse over `catalogue` does."""
    version = write_item_vectors(store, _frame(catalogue), current)
    return store.publish({ITEM_VECTORS.name: version}, {}, [])


def _embed(store: Store, before: StoreVersion, space: str, vectors: Vectors) -> StoreVersion:
    """Publishes `before` with vectors of one more space, as a job with an encoder would."""
    writer = store.writer(ITEM_VECTORS)
    writer.write(_frame(vectors).with_columns(space=pl.lit(space)))
    tables = before.tables | {
        ITEM_VECTORS.name: writer.commit(store.parts(ITEM_VECTORS.name, before))
    }
    return store.publish(tables, {}, [])


def _read(store: Store, version: StoreVersion, space: str) -> dict[str, list[float]]:
    return dict(read_item_vectors(store, version, space).sort("item").iter_rows())


def test_catalogues_give_the_space_content(either_store: Store) -> None:
    version = _fuse(either_store, {"a:2": [1, 0.5], "a:1": [0, 1], "a:3": None})
    assert _read(either_store, version, "content") == {"a:1": [0, 1], "a:2": [1, 0.5]}
    assert _read(either_store, version, "image") == {}


def test_a_second_space_is_read_by_its_name_and_outlives_every_fuse(store: Store) -> None:
    first = _fuse(store, {"a:1": [0, 1]})
    image = {"a:1": [1, 2, 3], "a:2": [4, 5, 6]}
    both = _embed(store, first, "image", image)
    assert _read(store, both, "content") == {"a:1": [0, 1]}
    assert _read(store, both, "image") == image
    assert _read(store, first, "image") == {}
    later = _fuse(store, {"a:2": [1, 0]}, both)
    assert _read(store, later, "content") == {"a:2": [1, 0]}
    assert _read(store, later, "image") == image


def test_spaces_in_one_file_come_apart(store: Store) -> None:
    writer = store.writer(ITEM_VECTORS)
    both = _frame({"a:1": [1]}).with_columns(space=pl.lit("content"))
    writer.write(pl.concat([both, both.with_columns(space=pl.lit("image"))]))
    mixed = store.publish({ITEM_VECTORS.name: writer.commit()}, {}, [])
    later = _fuse(store, {"a:1": [2]}, mixed)
    assert _read(store, later, "content") == {"a:1": [2]}
    assert _read(store, later, "image") == {"a:1": [1]}


@pytest.mark.parametrize("has_table", [True, False], ids=["today's", "an older plait's"])
def test_items_are_read_with_the_vectors_of_a_space(store: Store, has_table: bool) -> None:
    names = ["a:3", "a:1", "a:2"]
    items = ITEMS.conform(pl.DataFrame({"item": names, "platform": "a", "events": 0, "people": 0}))
    content = {"a:1": [0.0, 1.0], "a:2": [1.0, 0.0]}
    if not has_table:
        items = items.drop("vector").join(_frame(content), on="item", how="left")
    writer = store.writer(ITEMS)
    writer.write(items)
    tables = {ITEMS.name: writer.commit()}
    if has_table:
        tables[ITEM_VECTORS.name] = write_item_vectors(store, _frame(content), None)
    version = store.publish(tables, {}, [])
    found = read_items_with_vectors(store, version)
    assert found.schema == pl.Schema(ITEMS.polars)
    assert found["item"].to_list() == names
    assert found["vector"].to_list() == [None, [0, 1], [1, 0]]
    assert read_items_with_vectors(store, version, "image")["vector"].null_count() == 3
