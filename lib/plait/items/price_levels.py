"""Makes the prices of a catalogue comparable: in one currency, and relative to the platform's.

Everything is learned from the catalogue alone, so it does not depend on events or their cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

OUTLIER_MADS = 6.0  # median absolute deviations of the log price from its median
OUTLIER_FACTOR = 10.0  # a price within this factor of the median price is no outlier
UNNAMED = ""  # stands for the currency of prices that name none
MIN_PRICES = 10  # prices above 0 without which no price is an outlier


def find_rates(prices: pl.DataFrame, table: Mapping[str, float] | None) -> Mapping[str, float]:
    """Returns the units of the base currency per unit of each known currency.

    Without a table, the base is the only currency that the prices name. If they name none, all
    have the same one, whose key is UNNAMED.

    Args:
        prices: price, currency.
        table: the rates of the project file, if it has some.
    """
    if table is not None:
        return table
    priced = prices.filter(pl.col("price").is_not_null())
    named: list[str] = priced["currency"].drop_nulls().unique().to_list()
    if len(named) > 1:
        return {}
    return {named[0] if named else UNNAMED: 1.0}


def convert_prices(prices: pl.DataFrame, rates: Mapping[str, float]) -> pl.Series:
    """Returns price_base: the prices in the base currency; null without a rate.

    Args:
        prices: price, currency.
        rates: see find_rates.
    """
    rate = _codes().replace_strict(
        list(rates), list(rates.values()), default=None, return_dtype=pl.Float64
    )
    return prices.select((pl.col("price") * rate).alias("price_base")).to_series()


def compare_prices(prices: pl.DataFrame, table: Mapping[str, float] | None) -> pl.Series:
    """Returns the prices of one platform in a common unit; null if a price has none.

    If all prices have one currency, they are comparable as they are, also without a rate.

    Args:
        prices: price, currency.
        table: the rates of the project file, if it has some.
    """
    used = prices.filter(pl.col("price").is_not_null())["currency"]
    if used.n_unique() <= 1:
        return prices["price"]
    return convert_prices(prices, find_rates(prices, table))


def find_price_outliers(comparable: pl.Series) -> pl.Series:
    """Returns for each price whether it is an outlier; null prices and 0 are none.

    An outlier is more than OUTLIER_MADS median absolute deviations of the log price from the
    median, and more than OUTLIER_FACTOR times above or below it. The second keeps platforms whose
    prices are nearly all the same.

    Args:
        comparable: the prices of one platform, see compare_prices.
    """
    logs = comparable.set(comparable <= 0, None).log()
    if logs.len() - logs.null_count() < MIN_PRICES:
        return comparable.is_null() & False
    distance = (logs - logs.median()).abs()
    spread = distance.median()
    assert isinstance(spread, float)
    # Two factors of 10 may differ in the last bit: those are within.
    bound = max(OUTLIER_MADS * spread, math.log(OUTLIER_FACTOR)) * (1 + 1e-9)
    return (distance > bound).fill_null(value=False)


def place_prices(comparable: pl.Series, outliers: pl.Series) -> pl.Series:
    """Returns price_level: the share of lower prices, equal ones counting half; 0 to 1.

    The place of the log price is that of the price. A price of 0 has its place below all others.

    Args:
        comparable: the prices of one platform, see compare_prices.
        outliers: the prices that are left out; their level is null.
    """
    inside = comparable.set(outliers, None)
    n = inside.len() - inside.null_count()
    return ((inside.rank("average") - 0.5) / n).alias("price_level")


def level_prices(
    items: pl.DataFrame, table: Mapping[str, float] | None
) -> tuple[pl.DataFrame, pl.Series]:
    """Returns the items of one platform with price_level, and which prices are outliers.

    Args:
        items: price, currency, and more.
        table: the rates of the project file, if it has some.
    """
    comparable = compare_prices(items, table)
    outliers = find_price_outliers(comparable)
    return items.with_columns(place_prices(comparable, outliers)), outliers


def count_without_rate(priced: pl.DataFrame) -> dict[str, int]:
    """Returns currency -> number of prices that have no price_base.

    Args:
        priced: price, currency, price_base.
    """
    lacking = priced.filter(pl.col("price").is_not_null() & pl.col("price_base").is_null())
    named = lacking.with_columns(_codes())
    return dict(named.group_by("currency").len().sort("currency").iter_rows())


def _codes() -> pl.Expr:
    return pl.col("currency").fill_null(UNNAMED)
