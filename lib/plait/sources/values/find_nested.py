"""Finds values that are JSON objects or lists, where one text or number is needed."""

from __future__ import annotations

import polars as pl


def find_nested(values: pl.Series, opening: str = "[{") -> pl.Series:
    """Returns whether each text is a JSON object or list; null is none.

    Args:
        values: texts without blanks around them.
        opening: the marks with which they may begin: { of objects, and [ of lists.
    """
    begins = pl.any_horizontal(pl.col("v").str.starts_with(mark) for mark in opening)
    opens = values.alias("v").to_frame().select(begins.fill_null(value=False)).to_series()
    places = opens.arg_true()
    if not places.len():
        return opens
    parsed = values.gather(places).str.json_path_match("$").is_not_null()
    return opens.clear().extend_constant(False, values.len()).scatter(places, parsed)
