"""The personal fields, and how they are masked when a value is shown."""

from __future__ import annotations

import polars as pl

# Fields of a log or of an event sent over HTTP. On a social platform a creator is an account,
# and ids that a log gives its events may hold account ids.
PERSONAL_FIELDS: frozenset[str] = frozenset({"account", "session", "query", "event_id", "creator"})
# Table columns with text that people wrote. All others are pseudonyms, or are not personal.
PERSONAL_COLUMNS: frozenset[str] = frozenset({"query_text"})

_MAX_SHOWN = 512  # characters of a value
_CONTROL = r"[\x00-\x1f\x7f-\x9f]"


def is_single_line(value: pl.Expr) -> pl.Expr:
    """Returns whether a text is one line. An unclosed quote in a CSV file may span whole rows."""
    return ~value.str.contains(_CONTROL)


def mask_text(value: pl.Expr) -> pl.Expr:
    """Returns the length of a text instead of the text; null stays null."""
    return pl.format("<{} characters>", value.str.len_chars())


def show_field(name: str) -> pl.Expr:
    """Returns the field `name` as it may be shown: text over several lines as its length."""
    value = pl.col(name)
    short = value.str.head(_MAX_SHOWN)
    return pl.when(is_single_line(value)).then(short).otherwise(mask_text(value)).alias(name)


def mask_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns rows of a table with PERSONAL_COLUMNS masked, so that they may be printed."""
    return rows.with_columns(
        mask_text(pl.col(name)).alias(name) for name in rows.columns if name in PERSONAL_COLUMNS
    )
