"""What a catalogue has that cannot be used is named, with its reason."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from plait.config.platform_settings import CatalogueSettings
from plait.items.catalogue_faults import quarantine_catalogue
from plait.items.clean_catalogue import clean_catalogue
from plait.sources.read_platform import CATALOGUE_FIELDS

SETTINGS = CatalogueSettings.model_validate(
    {"files": "c.csv", "columns": {"item": "id", "brand": "by", "price": "cost"}}
)


def _raw(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"row": pl.Int64(), **dict.fromkeys(CATALOGUE_FIELDS, pl.String())}
    schema |= {"fault": pl.String(), "whole": pl.Boolean(), "file": pl.String()}
    blank = {"whole": True, "file": "c.csv"}
    return pl.DataFrame(
        [{"row": n, **blank, **row} for n, row in enumerate(rows, 1)], schema=schema
    )


def _faults(*rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    return clean_catalogue(_raw(*rows), "shop", SETTINGS)[1].rows()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"item": None}, ("null_item", "item", None)),
        ({"item": ""}, ("null_item", "item", None)),
        ({"item": "x" * 513}, ("bad_id", "item", "x" * 513)),
        ({"item": '["i"]'}, ("nested_value", "item", '["i"]')),
        ({"item": '{"id": 1}'}, ("nested_value", "item", '{"id": 1}')),
        ({"item": "i", "title": '{"en": "x"}'}, ("nested_value", "title", '{"en": "x"}')),
        ({"item": "i", "brand": '{"id": 7}'}, ("nested_value", "brand", '{"id": 7}')),
        ({"item": "i", "fault": "ragged_row"}, ("ragged_row", "row", None)),
        ({"item": "i", "price": "12,50"}, ("bad_price", "price", "12,50")),
        ({"item": "i", "price": "-1"}, ("bad_price", "price", "-1")),
        ({"item": "i", "length": "0"}, ("bad_length", "length", "0")),
        ({"item": "i", "currency": "euros"}, ("bad_currency", "currency", "euros")),
        ({"item": "i", "published": "soon"}, ("bad_time", "published", "soon")),
        ({"item": "i", "vector": "0.5|x"}, ("bad_vector", "vector", "0.5|x")),
    ],
)
def test_a_fault_has_reason_field_and_value(row: dict[str, Any], fault: tuple[str, ...]) -> None:
    sound = {"item": "a", "price": "1"}
    assert _faults(sound, row, sound) == [(1, *fault)]


@pytest.mark.parametrize(
    "row", [{"price": ""}, {"price": " "}, {"vector": "[]"}, {"vector": " | "}, {"tags": "||"}]
)
def test_what_is_blank_is_no_fault(row: dict[str, str]) -> None:
    assert not _faults({"item": "i", **row})


def test_a_row_may_have_several_unusable_values() -> None:
    found = _faults({"item": None}, {"item": "i", "price": "x", "currency": "y"})
    assert [(n, reason) for n, reason, *_ in found] == [
        (0, "null_item"), (1, "bad_price"), (1, "bad_currency"),
    ]  # fmt: skip


@pytest.mark.parametrize(("personal", "brand"), [(False, "ann"), (True, "<3 characters>")])
def test_brands_that_are_accounts_are_masked(*, personal: bool, brand: str) -> None:
    raw = _raw({"item": "i", "brand": "ann", "price": "x"})
    faults = clean_catalogue(raw, "shop", SETTINGS)[1]
    (row,) = quarantine_catalogue(raw, faults, "shop", SETTINGS, personal_brand=personal).to_dicts()
    assert json.loads(row["raw"]) == {"item": "i", "brand": brand, "price": "x"}
    assert (row["source"], row["file"], row["row"], row["value"]) == ("catalogue", "c.csv", 1, "x")


def test_of_a_row_that_may_be_shifted_only_kinds_are_shown() -> None:
    raw = _raw({"item": "i", "brand": "ann", "price": "x", "whole": False})
    faults = clean_catalogue(raw, "shop", SETTINGS)[1]
    (row,) = quarantine_catalogue(raw, faults, "shop", SETTINGS, personal_brand=False).to_dicts()
    assert row["value"] is None
    assert set(json.loads(row["raw"]).values()) == {"<1 characters>", "<3 characters>"}
