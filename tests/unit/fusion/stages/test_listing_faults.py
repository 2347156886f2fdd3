"""Catalogues and account rows do not fail silently: counts, examples, quarantine, a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.contracts.quarantine_reasons import VALUE_REASONS
from tests.unit.fusion.small import Fuse, platform

LOG = "user,item,time\nann,i1,1700000000\nbob,i2,1700000001\n"
CATALOGUE = """\
id,cost,listed
i1,"12,50",2024-01-02
i1,3,2024-01-02
i2,"1,5",soon
,4,2024-01-02
i3,4,2024-01-02,x
"""


@pytest.fixture
def shop(folder: Path) -> dict[str, Any]:
    (folder / "shop-1.csv").write_text(LOG)
    (folder / "items.csv").write_text(CATALOGUE)
    (folder / "people.csv").write_text("id,mail\nann,abc\n,def\nbob,x,y\n")
    columns = {"item": "id", "price": "cost", "published": "listed"}
    accounts = {"files": "people.csv", "account": "id", "keys": {"mail": "mail"}}
    catalogue = {"files": "items.csv", "columns": columns}
    return {"shop": platform("shop-*.csv", catalogue=catalogue, accounts=accounts)}


def test_rows_and_values_of_a_catalogue_are_counted(shop: dict[str, Any], fuse_here: Fuse) -> None:
    fused = fuse_here(shop)
    found = fused.platform("shop")["catalogue"]
    assert found["quarantined"] == {"null_item": 1, "ragged_row": 1}
    assert found["unusable_values"] == {"price": 2, "published": 1}
    out = found["items"] + found["superseded"] + sum(found["quarantined"].values())
    assert found["rows"] == out == 5
    assert found["examples"]["bad_price"] == [
        "items.csv:1 price = '12,50'", "items.csv:3 price = '1,5'",
    ]  # fmt: skip
    assert "matches_no_event" not in found
    rows = fused.quarantine.filter(pl.col("source") == "catalogue")
    of_value = rows.filter(pl.col("field").is_in(list(VALUE_REASONS)))
    assert (rows.height, of_value.height) == (5, 3)
    assert fused.items.filter(item="shop:i2")["price"].to_list() == [None]


def test_account_rows_are_quarantined_without_their_values(
    shop: dict[str, Any], fuse_here: Fuse
) -> None:
    fused = fuse_here(shop)
    assert fused.platform("shop")["account_rows"]["quarantined"] == {
        "null_account": 1, "ragged_row": 1,
    }  # fmt: skip
    rows = fused.quarantine.filter(pl.col("source") == "accounts").sort("row")
    assert rows.select("file", "row", "reason", "field", "value").rows() == [
        ("people.csv", 2, "null_account", "account", None),
        ("people.csv", 3, "ragged_row", "row", None),
    ]
    assert [json.loads(raw) for raw in rows["raw"]] == [
        {"account": None, "key:mail": "<3 characters>"},
        {"account": "<3 characters>", "key:mail": "<1 characters>"},
    ]


def test_an_incremental_run_names_each_fault_once(
    shop: dict[str, Any], folder: Path, fuse_here: Fuse
) -> None:
    first = fuse_here(shop).quarantine
    (folder / "shop-2.csv").write_text("user,item,time\neve,i1,x\neve,i1,1700000000\n")
    (folder / "items.csv").write_text(CATALOGUE.replace("soon", "2024-01-02"))
    fused = fuse_here(shop)
    assert fused.version.run["mode"] == "incremental"
    now = fused.quarantine
    assert fused.platform("shop")["catalogue"]["unusable_values"] == {"price": 2}
    assert now.filter(source="events").height == 1
    assert now.filter(source="catalogue").height == first.filter(source="catalogue").height - 1
    assert now.filter(source="accounts").height == 2


def test_a_catalogue_that_matches_no_event_is_told(
    shop: dict[str, Any], folder: Path, fuse_here: Fuse
) -> None:
    (folder / "items.csv").write_text("id,cost,listed\np1,1,2024-01-02\np2,2,2024-01-02\n")
    found = fuse_here(shop).platform("shop")["catalogue"]["matches_no_event"]
    assert found == {"catalogue": ["shop:p1", "shop:p2"], "events": ["shop:i1", "shop:i2"]}


def test_what_is_sound_adds_nothing_to_the_counts(
    shop: dict[str, Any], folder: Path, fuse_here: Fuse
) -> None:
    (folder / "items.csv").write_text("id,cost,listed\ni1,1,2024-01-02\n")
    (folder / "people.csv").write_text("id,mail\nann,abc\n")
    found = fuse_here(shop).platform("shop")
    assert found["catalogue"] == {"rows": 1, "items": 1, "superseded": 0, "unusable": 0}
    assert "account_rows" not in found
