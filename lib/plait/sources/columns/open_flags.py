"""Opens flags: every column that is true becomes an event, with the flag as its type."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from plait.contracts.event_rows import NO_FLAG
from plait.sources.columns.raw_columns import ELEMENT_COLUMN
from plait.sources.values.map_values import RAW

_FALSE = ("", "0", "false", "no", "n", "f", "off")


def true_flags(flags: Sequence[str], null_words: Collection[str]) -> pl.Expr:
    """Returns the list of the flags that are true, as `type`; their texts are in RAW columns."""
    names = []
    for flag in flags:
        text = pl.col(RAW + flag).str.strip_chars()
        word = text.str.to_lowercase()
        zero = word.cast(pl.Float64, strict=False) == 0
        is_set = text.is_not_null() & ~word.is_in(_FALSE) & ~zero.fill_null(value=False)
        names.append(pl.when(is_set & ~text.is_in(null_words)).then(pl.lit(flag)))
    empty = pl.lit([], pl.List(pl.String))
    return (pl.concat_list(names) if names else empty).alias("type")


def open_flags(fields: pl.DataFrame, flags: Sequence[str]) -> pl.DataFrame:
    """Returns one row per true flag of `type`; a row without any has the type NO_FLAG.

    The number of the element tells the flag, so that it does not depend on other flags.
    """
    places = {flag: place for place, flag in enumerate(flags)}
    opened = fields.with_columns(pl.col("type").list.drop_nulls())
    opened = opened.explode("type", empty_as_null=True)
    before = (pl.col(ELEMENT_COLUMN).fill_null(1) - 1) * len(places)
    place = pl.col("type").replace_strict(places, default=0, return_dtype=pl.Int64)
    return opened.with_columns(
        pl.col("type").fill_null(NO_FLAG), (before + place + 1).alias(ELEMENT_COLUMN)
    )
