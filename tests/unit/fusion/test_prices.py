"""Prices of catalogues and values of events, from the files to the tables of a version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from plait.cli.fuse_notes import print_notes
from plait.cli.set_aside_table import count_quarantine
from plait.config.parse_project import parse_config
from plait.fusion.fuse_logs import fuse

from .small import NOW, Fuse, Fused, platform

USUAL = "".join(f"i{n},{n} EUR\n" for n in range(10, 30))


@pytest.fixture
def shop(folder: Path, fuse_here: Fuse) -> Callable[..., Fused]:
    """Fuses a shop whose catalogue has these rows, with these settings."""
    (folder / "shop.csv").write_text(
        "user,item,time,paid,money\n"
        "ann,i10,1700000000,€ 5,\nbob,i11,1700000001,$ 5,\neve,i12,1700000002,€ 5,USD\n"
    )

    def fused(rows: str, **more: Any) -> Fused:
        (folder / "items.csv").write_text(f"id,cost\n{rows}")
        catalogue = {"files": "items.csv", "columns": {"item": "id", "price": "cost"}}
        columns = {"value": "paid", "currency": "money"}
        return fuse_here(
            {"shop": platform("shop.csv", catalogue=catalogue, columns=columns)}, **more
        )

    return fused


def _item(fused: Fused, item: str) -> tuple[Any, ...]:
    columns = ("price", "currency", "price_base", "price_level")
    return fused.items.filter(item=f"shop:{item}").select(columns).row(0)


def test_a_sign_beside_a_value_is_its_currency_unless_one_is_named(
    shop: Callable[..., Fused],
) -> None:
    events = shop(USUAL).events.sort("time")
    assert events["currency"].to_list() == ["EUR", None, "USD"]
    assert events["value"].to_list() == [5, 5, 5]


def test_prices_are_converted_and_those_without_a_rate_told(
    shop: Callable[..., Fused],
) -> None:
    rows = f"{USUAL}a,$ 4\nb,US$ 4\nc,CHF 4\nd,\n"
    fused = shop(rows, currencies={"base": "EUR", "rates": {"USD": 0.5}})
    assert _item(fused, "i10") == (10.0, "EUR", 10.0, pytest.approx(1.5 / 21))
    assert _item(fused, "a") == (4.0, None, None, None)
    assert _item(fused, "b") == (4.0, "USD", 2.0, pytest.approx(0.5 / 21))
    assert _item(fused, "c") == (4.0, "CHF", None, None)
    assert _item(fused, "d") == (None, None, None, None)
    assert fused.platform("shop")["catalogue"]["prices_without_rate"] == {"": 1, "CHF": 1}


def test_an_outlier_is_told_and_keeps_its_price(shop: Callable[..., Fused]) -> None:
    fused = shop(f"x,\n{USUAL}far,1999000 EUR\nbad,soon\n")
    assert _item(fused, "far") == (1999000.0, "EUR", 1999000.0, None)
    assert _item(fused, "i10") == (10.0, "EUR", 10.0, 0.5 / 20)
    counts = fused.platform("shop")["catalogue"]
    assert (counts["outlier_prices"], counts["unusable_values"]) == (1, {"price": 1})
    assert counts["examples"]["outlier_price"] == ["items.csv:22 price = '1999000 EUR'"]
    row = fused.quarantine.filter(reason="outlier_price").row(0, named=True)
    assert (row["row"], row["field"], row["source"]) == (22, "price", "catalogue")
    assert "prices_without_rate" not in counts
    (told,) = (
        e
        for e in count_quarantine(fused.quarantine.lazy(), fused.project)
        if "outlier" in e["reason"]
    )
    assert told["words"].endswith("(the row and the price stay)")


def test_a_superseded_row_is_no_outlier(shop: Callable[..., Fused]) -> None:
    superseded = shop(f"i10,1999000\n{USUAL}")  # it lacks a currency
    assert _item(superseded, "i10")[0] == 10
    assert not superseded.quarantine.height
    kept = shop(f"i10,1999000 EUR\n{USUAL.replace('10 EUR', '10')}")
    assert _item(kept, "i10")[0] == 1999000
    assert kept.quarantine["reason"].to_list() == ["outlier_price"]


def test_new_rates_need_no_second_reading_of_the_logs(shop: Callable[..., Fused]) -> None:
    first = shop(f"{USUAL}b,4 USD\n")
    assert _item(first, "b")[2] is None
    second = shop(f"{USUAL}b,4 USD\n", currencies={"base": "EUR", "rates": {"USD": 0.5}})
    assert _item(second, "b")[2] == 2.0
    assert second.version.number == first.version.number + 1
    assert second.version.run["mode"] == "incremental"
    assert second.version.run["rows"] == 0


def _notes(fused: Fused) -> str:
    console = Console(width=500)
    with console.capture() as said:
        settings = fused.version.settings
        print_notes(console, fused.version.counts["platforms"], settings.get("currencies.base"))
    return said.get()


def test_what_gives_prices_a_base_is_told_once_and_works(shop: Callable[..., Fused]) -> None:
    rows = f"{USUAL}a,4 USD\nb,4 CHF\n"
    assert _notes(shop(rows)) == (
        "Prices without a rate have no price_base: 1 in CHF, 20 in EUR, 1 in USD. Set "
        "currencies.base: EUR, and currencies.rates.CHF, currencies.rates.USD to the EUR that one "
        "unit is worth.\n"
    )
    partly = shop(rows, currencies={"base": "EUR", "rates": {"USD": 0.5}})
    assert _notes(partly) == (
        "Prices without a rate have no price_base: 1 in CHF. Set currencies.rates.CHF to the EUR "
        "that one unit is worth.\n"
    )
    assert not _notes(shop(rows, currencies={"base": "EUR", "rates": {"USD": 0.5, "CHF": 1.1}}))


def test_prices_without_a_currency_are_told_and_the_fix_works(
    shop: Callable[..., Fused], folder: Path
) -> None:
    fused = shop("a,$ 4\nb,$ 5\n", currencies={"base": "EUR", "rates": {"USD": 0.5}})
    assert _notes(fused) == (
        "Prices without a currency have no price_base: 2 of 'shop'. Set "
        "platforms.shop.catalogue.columns.currency to their column, or to {constant: EUR} if all "
        "are in EUR.\n"
    )
    raw = fused.project.model_dump(mode="json", exclude_unset=True)
    raw["platforms"]["shop"]["catalogue"]["columns"]["currency"] = {"constant": "USD"}
    project = parse_config(raw, folder=folder)
    fixed = Fused(project, fuse(project, now=NOW))
    assert fixed.items.filter(pl.col("price").is_not_null())["price_base"].to_list() == [2.0, 2.5]
    assert not _notes(fixed)
