"""Masks text whose fields are uncertain: its form stays, and everything that was written goes."""

from __future__ import annotations

import re
from collections.abc import Collection

import polars as pl

_MAX_LINE = 512  # characters of a line that are masked and kept
# Letters, digits and everything else but a space and the punctuation of ASCII.
_WORD = r"[^ -/:-@\[-`{-~]+"


def mask_lines(lines: pl.Series, names: Collection[str] = ()) -> pl.Series:
    """Returns each line with every word replaced by its kind and length: <6 digits>.

    Spaces and ASCII punctuation stay, and so does `"name":` for the `names` of the configuration.
    A line over 512 characters is cut. Null stays null.
    """
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    key = rf'"(?:{known})"\s*:' if known else r"[^\s\S]"
    text = lines.alias("line").to_frame().with_row_index("n")
    cut = pl.col("line").str.head(_MAX_LINE)
    parts = text.select("n", cut.str.extract_all(rf"{key}|{_WORD}|[ -/:-@\[-`{{-~]").alias("part"))
    part = pl.col("part")
    kept = part.str.contains(rf"^(?:{key})$") | ~part.str.contains(_WORD)
    masked = parts.explode("part").with_columns(pl.when(kept).then(part).otherwise(mask_kind(part)))
    joined = masked.group_by("n", maintain_order=True).agg(part.drop_nulls().str.join(""))
    end = (
        pl.when(pl.col("line").str.len_chars() > _MAX_LINE)
        .then(pl.lit("..."))
        .otherwise(pl.lit(""))
    )
    return (
        text.join(joined, on="n", how="left", maintain_order="left")
        .select(
            pl.when(pl.col("line").is_not_null()).then(
                pl.concat_str(pl.col("part").fill_null(""), end)
            )
        )
        .to_series()
        .alias(lines.name)
    )


def mask_kind(value: pl.Expr) -> pl.Expr:
    """Returns the kind and length of a text: <4 digits>, or else <4 characters>; null stays."""
    kind = pl.when(value.str.contains(r"^[0-9]+$")).then(pl.lit("digits"))
    return pl.format("<{} {}>", value.str.len_chars(), kind.otherwise(pl.lit("characters")))
