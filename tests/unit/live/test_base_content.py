"""What a base takes from a store version."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from plait.live import base_content
from plait.live.base_content import BASE_LAYOUT, base_name, read_base_tables, watermark
from plait.store import Store
from tests.live_people import account, person, publish_people


def test_a_base_is_named_after_its_version_alone(store: Store) -> None:
    one = publish_people(store, {1: [1]})
    two = publish_people(store, {1: [1]})
    assert base_name(one) == base_name(store.versions()[0])
    assert base_name(one) != base_name(two)
    number, rest = base_name(two).split("-")
    assert number == "2"  # base_scripts compares what a name begins with
    assert rest.endswith(f".{BASE_LAYOUT}")
    # A store that was made anew under the same path has a version 2 as well.
    assert base_name(two) != base_name(replace(two, published="2020-01-01T00:00:00+00:00"))
    assert base_name(two) != base_name(replace(two, tables={**two.tables, "people": 99}))


def test_a_plait_that_packs_otherwise_has_a_base_of_its_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish_people(store, {1: [1]})
    mine = base_name(version)
    monkeypatch.setattr(base_content, "BASE_LAYOUT", BASE_LAYOUT + 1)
    assert base_name(version) != mine


def test_the_watermark_is_the_last_drained_id_of_its_folder(store: Store) -> None:
    drained = [
        "feedback/events/1-0_9-3.parquet",
        "feedback/events/10-0_10-2.parquet",
        "feedback/events/direct_99_ab.parquet",
        "feedback/links/3-0_4-1.parquet",
    ]
    version = publish_people(store, {1: [1]}, drained=drained)
    assert watermark(version, "feedback/events") == "10-2"
    assert watermark(version, "feedback/links") == "4-1"
    assert watermark(version, "feedback/impressions") == ""
    # A version of an older plait says what it read, object by object.
    older = replace(version, drained=None)
    assert watermark(older, "feedback/events") == "10-2"
    none = publish_people(store, {1: [1]})
    assert watermark(none, "feedback/events") == ""


def test_the_tables_of_a_base_hold_everybody_once(store: Store) -> None:
    version = publish_people(
        store, {1: [1, 2, 3], 5: [5]}, length=2, since={5: 4}, retired={9: 1, 8: 9}
    )
    tables = read_base_tables(store, version)
    assert sorted(tables) == sorted("acmotsh")
    assert dict(tables["a"].iter_rows()) == {
        account(1): person(1), account(2): person(1), account(3): person(1), account(5): person(5)
    }  # fmt: skip
    assert dict(tables["m"].iter_rows()) == {
        person(1): "\n".join(f"{account(n)}\tshop" for n in (1, 2, 3)),
        person(5): f"{account(5)}\tshop",
    }
    assert dict(tables["o"].iter_rows()) == {person(1): 1, person(5): 4}
    assert dict(tables["t"].iter_rows()) == {person(9): person(1), person(8): person(9)}
    assert dict(tables["h"].iter_rows()) == {person(1): "shop:1a\nshop:1b\nshop:2a\nshop:2b"}
    assert tables["s"].sort("person")["item"].to_list() == [
        ["shop:3a", "shop:3b"], ["shop:5a", "shop:5b"]
    ]  # fmt: skip
    assert all(table.to_series(0).is_unique().all() for table in tables.values())


def test_people_without_an_item_event_have_no_record(store: Store) -> None:
    version = publish_people(store, {1: [1]})
    empty = store.read("sequences", version).with_columns(pl.col(pl.List(pl.String)).list.head(0))

    class Emptied(Store):
        def read(self, table: str, version: object = None) -> pl.DataFrame:
            return empty if table == "sequences" else super().read(table, version)  # type: ignore[arg-type]

    tables = read_base_tables(Emptied(store.uri), version)
    assert tables["s"].is_empty()
    assert tables["a"].height == 1
