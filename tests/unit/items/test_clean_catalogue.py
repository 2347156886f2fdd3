"""Catalogue rows become listings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from plait.config.catalogue_settings import CatalogueSettings
from plait.items.clean_catalogue import LISTED_COLUMNS, clean_catalogue
from plait.items.item_table import build_item_table, count_items, merge_item_counts
from plait.sources.read_platform import CATALOGUE_FIELDS

SETTINGS = CatalogueSettings.model_validate({"files": "c.csv", "columns": {"item": "id"}})


def _clean(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = (
        {"row": pl.Int64()} | dict.fromkeys(CATALOGUE_FIELDS, pl.String()) | {"fault": pl.String()}
    )
    return clean_catalogue(pl.DataFrame(list(rows), schema=schema), "shop", SETTINGS)[0]


def test_text_becomes_typed_fields() -> None:
    found = _clean(
        {
            "item": "i1", "title": " Lamp ", "categories": "Home| Light |", "brand": "",
            "price": "9.5", "currency": "eur", "tags": "a\x1fb|c", "vector": "[0.5|-1]",
            "published": "2024-01-02",
        }
    )  # fmt: skip
    assert found.columns == list(LISTED_COLUMNS)
    row = found.row(0, named=True)
    assert row["item"] == "shop:i1"
    assert (row["title"], row["brand"], row["price"], row["currency"]) == ("Lamp", None, 9.5, "EUR")
    assert row["categories"] == ["Home", "Light"]
    assert row["tags"] == ["a", "b", "c"]
    assert row["vector"] == [0.5, -1.0]
    assert row["published"] == datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("price", "free"), ("price", "-1"), ("price", "nan"), ("currency", "euros"),
        ("vector", "0.5|x"), ("published", "soon"), ("tags", "||"), ("title", "  "),
    ],
)  # fmt: skip
def test_an_unusable_value_is_null_and_the_row_stays(field: str, text: str) -> None:
    found = _clean({"item": "i1", field: text})
    assert found[field].to_list() == [None]


def test_null_words_with_blanks_around_them_are_null() -> None:
    named = {name: name for name in ("item", "title", "brand", "price")}
    settings = CatalogueSettings.model_validate({"files": "c.csv", "columns": named})
    row = {"item": " i1 ", "title": "None", "brand": " NA ", "price": " - "}
    schema = dict.fromkeys((*CATALOGUE_FIELDS, "fault"), pl.String())
    listed, faults, _ = clean_catalogue(pl.DataFrame([row], schema=schema), "shop", settings)
    assert listed.select("item", "title", "brand", "price").row(0) == (
        "shop:i1", "None", None, None,
    )  # fmt: skip
    assert not faults.height


@pytest.mark.parametrize("item", [None, "", "a\nb", "x" * 513])
def test_a_row_without_a_usable_id_is_left_out(item: str | None) -> None:
    assert _clean({"item": item, "title": "x"}).height == 0


def test_partial_counts_over_disjoint_people_add_up() -> None:
    events = pl.DataFrame(
        {
            "item": ["s:a", "s:a", "s:b", "s:a", "s:b"],
            "platform": ["s"] * 5,
            "who": [1, 1, 1, 2, 3],
            "time": [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 5, 2, 9, 3)],
        }
    )
    whole = count_items(events).sort("item")
    parts = [count_items(events.filter(pl.col("who") == who)) for who in (1, 2, 3)]
    assert merge_item_counts(pl.concat(parts)).sort("item").equals(whole)
    assert whole.select("item", "events", "people").rows() == [("s:a", 3, 2), ("s:b", 2, 2)]


def test_items_of_the_catalogue_and_of_events_are_joined() -> None:
    listed = _clean({"item": "a", "title": "A"}, {"item": "c", "title": "C"})
    counted = pl.DataFrame(
        {"item": ["shop:a", "shop:b"], "platform": "shop", "events": [3, 1], "people": [2, 1],
         "first_time": None, "last_time": None}
    )  # fmt: skip
    found = build_item_table(listed, counted).select(
        "item", "platform", "title", "events", "people"
    )
    assert found.rows() == [
        ("shop:a", "shop", "A", 3, 2),
        ("shop:b", "shop", None, 1, 1),
        ("shop:c", "shop", "C", 0, 0),
    ]
