"""Which fields are personal, and what stands for them wherever a value is shown."""

from __future__ import annotations

import polars as pl

# Fields of a log or of an event sent over HTTP. On a social platform a creator is an account,
# and ids that a log gives its events may hold account ids.
PERSONAL_FIELDS: frozenset[str] = frozenset({"account", "session", "query", "event_id", "creator"})
# Columns of tables that hold what people wrote; the others are pseudonyms or say nothing of one.
PERSONAL_COLUMNS: frozenset[str] = frozenset({"query_text"})

_CONTROL = r"[\x00-\x1f\x7f-\x9f]"


def is_single_line(value: pl.Expr) -> pl.Expr:
    """Returns whether a text is one line: an open quote in a CSV file swallows whole rows."""
    return ~value.str.contains(_CONTROL)


def mask_text(value: pl.Expr) -> pl.Expr:
    """Returns how long a text is, in place of the text; null stays null."""
    return pl.format("<{} characters>", value.str.len_chars())


def mask_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns rows of a table as they may be printed: PERSONAL_COLUMNS masked."""
    return rows.with_columns(
        mask_text(pl.col(name)).alias(name) for name in rows.columns if name in PERSONAL_COLUMNS
    )
