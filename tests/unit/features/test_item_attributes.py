"""What a catalogue says of an item is read alike in training and where it comes later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.contracts.store_tables import ITEMS
from plait.features.attribute_codes import AttributeCodes
from plait.features.item_attributes import (
    ItemAttributes,
    read_appended_items,
    read_item_attributes,
)
from plait.features.vocabulary import Vocabulary

PLATFORMS = ("a", "b")
PRICES = st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.5, 1e6]))
ROWS = st.lists(
    st.tuples(st.sampled_from(PLATFORMS), PRICES, st.sampled_from(["EUR", "USD", None])),
    min_size=1,
    max_size=20,
)


def catalogue(rows: list[tuple[str, float | None, str | None]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows,
        schema={"platform": pl.String, "price": pl.Float64, "currency": pl.String},
        orient="row",
    )
    name = pl.concat_str("platform", pl.lit(":"), pl.int_range(pl.len()))
    return ITEMS.conform(frame.with_columns(name.alias("item")))


def read(items: pl.DataFrame) -> tuple[Vocabulary, ItemAttributes]:
    vocabulary = Vocabulary.build(PLATFORMS, items)
    return vocabulary, read_item_attributes(items, vocabulary)


@given(ROWS)
def test_a_price_ranks_among_those_of_its_platform_and_currency(rows) -> None:
    items = catalogue(rows)
    vocabulary, attributes = read(items)
    priced = items.filter(pl.col("price") > 0)
    if not priced.height:
        assert attributes.price is None
        return
    rank = (pl.col("price").rank("average") - 0.5) / pl.len()
    expected = priced.select(
        "item", rank.over("platform", pl.col("currency").fill_null("")).cast(pl.Float32)
    )
    found = np.full(len(vocabulary), -1, np.float32)
    found[vocabulary.index(expected["item"])] = expected["price"]
    np.testing.assert_array_equal(attributes.price, found)


@given(ROWS, PRICES)
def test_a_later_price_has_the_place_that_training_would_have_given_it(rows, price) -> None:
    items = catalogue(rows)
    codes = read(items)[1].codes
    platform, _, currency = rows[0]
    late = catalogue([(platform, price, currency)]).with_columns(item=pl.lit(f"{platform}:late"))
    appended = Vocabulary.build(PLATFORMS, items).append(late).items[-1:]
    found = read_appended_items(late, appended, codes, 0, 0).price
    assert found is not None
    near = items.filter(
        (pl.col("price") > 0)
        & (pl.col("platform") == platform)
        & pl.col("currency").eq_missing(pl.lit(currency, pl.String))
    )["price"].to_numpy()
    if price is None or price <= 0 or not len(near):
        assert found.tolist() == [-1, -1]
    else:
        place = ((near < price).sum() + (near == price).sum() / 2) / len(near)
        assert found.tolist() == [-1, np.float32(place)]


def described(names: list[str], **columns: list) -> pl.DataFrame:
    frame = pl.DataFrame({"item": names, "platform": [n[0] for n in names], **columns})
    return ITEMS.conform(frame)


def test_attributes_that_training_did_not_know_are_left_out() -> None:
    items = described(
        ["a:1", "a:2", "b:1"],
        title=["Red shoe", "red hat", "blue shoe"],
        brand=["acme", "acme", "other"],
        vector=[[3.0, 4.0], None, [0.0, 2.0]],
    )
    vocabulary, attributes = read(items)
    assert attributes.codes.names == ("", "brand:acme", "title:red", "title:shoe")
    assert attributes.tokens is not None
    assert attributes.tokens.tolist() == [[0, 0, 0], [1, 2, 3], [1, 2, 0], [3, 0, 0]]
    assert attributes.vectors is not None
    np.testing.assert_allclose(attributes.vectors, [[0, 0], [0.6, 0.8], [0, 0], [0, 1]])
    later = described(
        ["b:3", "b:2", "a:9"],
        title=["RED acme shoe green", "hat", None],
        brand=["other", "acme", None],
        vector=[[1.0, 2.0, 3.0], [0.0, 5.0], None],
    )
    appended = vocabulary.append(later).items[3:]
    found = read_appended_items(later, appended, attributes.codes, 3, 2)
    assert appended["item"].to_list() == ["a:9", "b:2", "b:3"]
    assert found.tokens is not None
    assert found.tokens.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0], [2, 3, 0]]
    assert found.vectors is not None
    assert found.vectors.tolist() == [[0, 0], [0, 0], [0, 1], [0, 0]]
    assert found.published is not None
    assert found.published.tolist() == [-1, -1, -1, -1]
    narrow = read_appended_items(later, appended, attributes.codes, 1, 2)
    assert narrow.tokens is not None
    assert narrow.tokens.tolist() == [[0], [0], [1], [2]]


def test_of_several_rows_of_a_new_item_the_first_is_read() -> None:
    items = described(["a:1", "a:2"], brand=["acme", "acme"])
    vocabulary, attributes = read(items)
    later = described(["a:9", "a:8", "a:9", "a:9"], brand=["acme", None, None, "acme"])
    appended = vocabulary.append(later).items[2:]
    found = read_appended_items(later, appended, attributes.codes, 1, 0)
    assert found.tokens is not None
    assert found.tokens.tolist() == [[0], [0], [1]]
    assert found.published is not None
    assert found.published.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("rows", [[("a", 2.5, "EUR"), ("b", None, None)], [("a", None, None)]])
def test_codes_are_read_back(tmp_path: Path, rows) -> None:
    items = catalogue(rows).with_columns(tags=pl.lit(["x"], pl.List(pl.String)))
    codes = read(items)[1].codes
    assert AttributeCodes.load(tmp_path) is None
    codes.save(tmp_path)
    again = AttributeCodes.load(tmp_path)
    assert again is not None
    assert again.names == codes.names
    assert again.prices.equals(codes.prices)
