"""Applies a function to the distinct values of a column, for functions that cost much a value."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def map_distinct(values: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Returns `change` of each value of `values`; it is called once, with each value once.

    Null stays null.

    Args:
        values: a column of text.
        change: returns a text for each of the texts given, in their order.
    """
    coded = values.cast(pl.Categorical(pl.Categories.random()))  # categories of this series only
    distinct = coded.unique().drop_nulls()
    if not distinct.len():
        return pl.Series(values.name, [None] * values.len(), pl.String)
    changed = change(distinct.cast(pl.String))
    table = pl.DataFrame({"place": distinct.to_physical(), "new": changed}).sort("place")
    if table["place"][-1] != table.height - 1:  # true only if the category numbers have gaps
        codes = coded.to_physical().alias("place").to_frame()
        return codes.join(table, on="place", how="left", maintain_order="left")["new"].alias(
            values.name
        )
    return table["new"].gather(coded.to_physical()).alias(values.name)
