"""Finds rows of a catalogue or of accounts that have no usable id."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from plait.contracts.id_rules import is_bad_id
from plait.sources.values.find_nested import find_nested


def find_id_faults(raw: pl.DataFrame, name: str, more: Sequence[str] = ()) -> pl.Series:
    """Returns the reason for which each row cannot be used; null if it can be.

    It is the fault of the row, or null_<name>, nested_value or bad_id.

    Args:
        raw: the column `name` with the ids, and `fault`.
        name: item or account.
        more: further columns that hold one text each.
    """
    named = pl.col(name)
    nested = [pl.lit(find_nested(raw[column])) for column in (name, *more)]
    return raw.select(
        pl.coalesce(
            "fault",
            pl.when(named.is_null() | (named == "")).then(pl.lit(f"null_{name}")),
            pl.when(pl.any_horizontal(nested)).then(pl.lit("nested_value")),
            pl.when(is_bad_id(named)).then(pl.lit("bad_id")),
        ).alias("reason")
    ).to_series()
