from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from plait.contracts.store_tables import ITEMS
from plait.items.one_row_each import LISTED_COLUMNS, merge_rows

OLD, NEW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)


def _rows(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {name: ITEMS.polars[name] for name in LISTED_COLUMNS}
    empty = dict.fromkeys(LISTED_COLUMNS)
    return pl.DataFrame([empty | row for row in rows], schema=schema).with_row_index("n")


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_rows_of_an_item_complete_each_other(order: list[int]) -> None:
    rows = _rows(
        {"item": "s:a", "title": "Lamp", "published": OLD},
        {"item": "s:a", "price": 3.0, "published": NEW},
        {"item": "s:a", "price": 2.0, "published": OLD},
        {"item": "s:b", "title": "Mug"},
    )[order]
    merged = merge_rows(rows).sort("item")
    assert merged.select("item", "title", "price", "published").rows() == [
        ("s:a", "Lamp", 3.0, OLD),
        ("s:b", "Mug", None, None),
    ]
    assert rows["price"][rows["n"].index_of(merged["n"][0]) or 0] == 3.0
