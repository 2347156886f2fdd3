"""The counted answers of examples/shop_case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.examples.conftest import FusedExample


@pytest.fixture(scope="module")
def shop(fuse_example: Callable[[str], FusedExample]) -> FusedExample:
    return fuse_example("shop_case")


def test_every_row_is_counted_once(shop: FusedExample) -> None:
    # 60 customers: 12 each with 4, 5, 6, 7 and 8 purchases, and 30 with a wish; 10 rows of dirt;
    # April's export repeats six rows of March.
    counts = shop.platform("shop")
    assert counts["rows"] == 12 * (4 + 5 + 6 + 7 + 8) + 30 + 10 + 6
    assert counts["duplicates"] == 6
    assert counts["quarantined"] == {
        "bad_number": 1,
        "bad_time": 1,
        "null_account": 2,
        "ragged_row": 1,
        "unknown_type": 1,
    }
    assert counts["removed"] == {"type": 4}
    assert counts["noted"] == {"null_word:account": 2}
    assert shop.events_by_type("shop") == {("purchase", "item"): 360, ("save", "item"): 30}
    assert (counts["accounts"], counts["people"], counts["items"]) == (60, 60, 40)


def test_the_catalogue_is_read_in_the_shop_s_own_numbers(shop: FusedExample) -> None:
    items = {row["item"]: row for row in shop.store.read("items").to_dicts()}
    dear = items["shop:A-037"]
    assert (dear["title"], dear["price"], dear["currency"]) == ("Ørn no. 37", 1037.9, "EUR")
    assert dear["categories"] == ["Kitchen", "Pans"]
    assert items["shop:A-021"]["brand"] == "Müller & Söhne"
    assert items["shop:A-039"]["price"] is None  # on request
    catalogue = shop.platform("shop")["catalogue"]
    assert (catalogue["rows"], catalogue["unusable"]) == (40, 0)
    assert catalogue["unusable_values"] == {"price": 1}


def test_local_times_and_amounts_become_utc_and_numbers(shop: FusedExample) -> None:
    events = shop.events_of("shop", "C1000")
    assert list(events.select("object_id", "type", "value", "currency").iter_rows()) == [
        ("shop:A-028", "purchase", 793.9, "EUR"),
        ("shop:A-032", "purchase", 1032.9, "EUR"),
        ("shop:A-000", "save", None, "EUR"),
        ("shop:A-016", "purchase", 265.9, "EUR"),
        ("shop:A-032", "purchase", 1032.9, "EUR"),
    ]
    # An hour behind the shop's clock in winter, two in summer.
    assert events["time"][0] == datetime(2025, 3, 6, 16, 24, 37, tzinfo=UTC)
    assert events["time"][-1] == datetime(2025, 4, 16, 12, 9, 57, tzinfo=UTC)


def test_a_purchase_is_the_strongest_evidence(shop: FusedExample) -> None:
    events = shop.store.read("events")
    assert set(events.select("type", "strength").unique().iter_rows()) == {
        ("purchase", 1.0),
        ("save", 0.8),
    }
    spent = events.filter(pl.col("type") == "purchase")["value"]
    assert spent.null_count() == 0
    assert (spent.min(), spent.max()) == (9.9, 1039.9)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_model_of_one_epoch_recommends_the_shop_s_items(shop: FusedExample) -> None:
    text = shop.config.read_text()
    shop.config.write_text(text.replace("epochs: 10", "epochs: 1"))
    assert shop.config.read_text() != text
    train = ("train", "-c", str(shop.config), "--quiet")
    recommend = ("recommend", "-c", str(shop.config), "--platform", "shop", "--account", "C1003")
    for arguments in (train, (*recommend, "-k", "5", "--json")):
        done = subprocess.run(
            [sys.executable, "-m", "plait.cli.main", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["fallback"] is None
    assert len({item["item"] for item in answer["items"]}) == 5
