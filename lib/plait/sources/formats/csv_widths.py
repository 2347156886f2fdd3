"""Tells rows of a CSV file whose last value is empty from rows that lack values."""

from __future__ import annotations

import polars as pl


def find_full_rows(
    lines: pl.LazyFrame, separator: str, quote: str | None, columns: int
) -> pl.Series:
    """Returns whether each row certainly has as many values as columns, [R].

    If a row may have several lines, or a quote is not around a value, no row is certain.

    Args:
        lines: `line`, the text of each row, or its begin; null for a blank line.
        separator: the character between two values.
        quote: the character around values; null if quotes are ordinary characters.
        columns: the number of columns.
    """
    line = pl.col("line").fill_null("").str.strip_suffix("\r")
    inside, sound = line, pl.lit(value=True)
    if quote is not None:
        q, s = pl.escape_regex(quote), pl.escape_regex(separator)
        quoted = f"{q}[^{q}]*{q}"
        value = f"(?:(?:{quoted})+|[^{q}{s}]*)"
        inside = line.str.replace_all(quoted, "")
        sound = line.str.contains(f"^{value}(?:{s}{value})*$")
        has_quote = line.str.contains(quote, literal=True)
        sound = pl.when(has_quote).then(sound).otherwise(statement=True)
    marks = inside.str.count_matches(separator, literal=True)
    found = lines.select(full=marks == columns - 1, sound=sound).collect()
    return found["full"] & found["sound"].all()
