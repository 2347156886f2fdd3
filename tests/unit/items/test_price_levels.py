"""Prices are converted to one currency, and placed among those of their platform."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.items.price_levels import (
    MIN_PRICES,
    compare_prices,
    convert_prices,
    count_without_rate,
    find_price_outliers,
    find_rates,
    place_prices,
)

TABLE = {"EUR": 1.0, "USD": 0.5}
_cents = st.lists(st.one_of(st.none(), st.integers(0, 10**7)), min_size=1, max_size=60)


def _prices(*rows: tuple[float | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema={"price": pl.Float64, "currency": pl.String}, orient="row"
    )


def _levels(prices: list[float | None]) -> list[float | None]:
    comparable = pl.Series("price", prices, pl.Float64)
    found: list[float | None] = place_prices(comparable, find_price_outliers(comparable)).to_list()
    return found


def _base(prices: pl.DataFrame, table: dict[str, float] | None) -> list[float | None]:
    found: list[float | None] = convert_prices(prices, find_rates(prices, table)).to_list()
    return found


def test_prices_are_converted_by_the_table() -> None:
    prices = _prices((3, "EUR"), (3, "USD"), (3, "CHF"), (3, None), (None, "EUR"))
    assert _base(prices, TABLE) == [3.0, 1.5, None, None, None]


def test_without_a_table_the_only_currency_is_the_base() -> None:
    assert _base(_prices((3, "USD"), (4, "USD"), (None, "EUR")), None) == [3, 4, None]
    assert _base(_prices((3, None), (4, None)), None) == [3, 4]
    assert _base(_prices((3, "USD"), (4, None)), None) == [3, None]
    assert _base(_prices((3, "USD"), (4, "EUR")), None) == [None, None]


def test_prices_without_a_rate_are_counted_by_currency() -> None:
    prices = _prices((3, "EUR"), (3, "USD"), (2, "USD"), (1, None), (None, "CHF"))
    priced = prices.with_columns(convert_prices(prices, {"EUR": 1.0}))
    assert count_without_rate(priced) == {"": 1, "USD": 2}


def test_a_platform_of_one_currency_needs_no_rate() -> None:
    assert compare_prices(_prices((3, "CHF"), (4, "CHF")), TABLE).to_list() == [3, 4]
    assert compare_prices(_prices((3, None), (4, None)), TABLE).to_list() == [3, 4]
    assert compare_prices(_prices((3, "CHF"), (4, "USD")), TABLE).to_list() == [None, 2]


def test_equal_prices_share_their_place() -> None:
    assert _levels([5, None, 1, 1, 9]) == [0.625, None, 0.25, 0.25, 0.875]
    assert _levels([7.0]) == [0.5]
    assert _levels([0.0, 3.0]) == [0.25, 0.75]
    assert _levels([None, None]) == [None, None]
    assert _levels([]) == []


def test_an_outlier_has_no_place_and_moves_no_other() -> None:
    usual: list[float | None] = [8.0, 9.0, 10.0, 10.0, 10.0, 11.0, 11.0, 12.0, 13.0, 14.0]
    assert _levels([*usual, 9e6, 0.001]) == [*_levels(usual), None, None]


@pytest.mark.parametrize(("far", "outlier"), [(9.99, False), (1 / 9.99, False), (10.1, True)])
def test_where_all_prices_are_alike_a_factor_of_ten_decides(far: float, outlier: bool) -> None:
    prices = pl.Series([1.0] * MIN_PRICES + [far])
    assert find_price_outliers(prices).to_list() == [False] * MIN_PRICES + [outlier]


def test_where_prices_spread_wide_their_spread_decides() -> None:
    logs = [n / 2 for n in range(-8, 9)]  # with the edge, a deviation of 2.25 from 0.25
    for edge, outlier in ((13.0, False), (14.0, True)):
        assert find_price_outliers(pl.Series([math.exp(x) for x in [*logs, edge]]))[-1] == outlier


def test_few_prices_and_free_items_are_no_outliers() -> None:
    few = pl.Series([1.0] * (MIN_PRICES - 2) + [1e6])
    assert not find_price_outliers(few).any()
    assert not find_price_outliers(pl.Series([10.0] * MIN_PRICES + [0.0])).any()


@given(_cents)
def test_a_level_is_monotone_in_the_price(cents: list[int | None]) -> None:
    prices = [None if n is None else n / 100 for n in cents]
    levels = _levels(prices)
    known = sorted(
        (price, level)
        for price, level in zip(prices, levels, strict=True)
        if price is not None and level is not None
    )
    for (cheap, low), (dear, high) in pairwise(known):
        assert 0 < low <= high < 1
        assert (low < high) == (cheap < dear)


@given(_cents, st.randoms())
def test_levels_do_not_depend_on_the_order(cents: list[int | None], random: Random) -> None:
    prices = [None if n is None else n / 100 for n in cents]
    order = list(range(len(prices)))
    random.shuffle(order)
    levels = _levels(prices)
    assert _levels([prices[n] for n in order]) == [levels[n] for n in order]


@given(_cents, st.sampled_from([0.01, 0.92, 1.17, 163.0, 25_000.0]))
def test_levels_do_not_depend_on_the_currency(cents: list[int | None], rate: float) -> None:
    prices = [None if n is None else n / 100 for n in cents]
    scaled = [None if price is None else price * rate for price in prices]
    assert _levels(scaled) == _levels(prices)
