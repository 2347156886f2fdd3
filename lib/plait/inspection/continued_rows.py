"""Finds values that only the first of several rows has, as in exports of orders with lines."""

from __future__ import annotations

import polars as pl

from plait.inspection.sample_table import SampleTable

_OFTEN = 0.95  # of the groups of rows whose first row has the value


def how_to_fill(table: SampleTable, column: str) -> str | None:
    """Returns what is said where only the first row of a group has a value; null if it is not so.

    Args:
        table: the sample.
        column: the column that has gaps.
    """
    gaps = table[column].null_share
    if not 0.05 < gaps < 0.95 or table.settings["format"] != "csv":
        return None
    for name, facts in table.columns.items():
        if name == column or facts.null_share > 0.01 or facts.unique_share > 0.98:
            continue
        groups = (
            pl.DataFrame({"group": facts.values, "value": table[column].values})
            .with_columns(pl.col("group").rle_id())
            .group_by("group")
            .agg(
                pl.col("value").first().is_not_null().alias("first"),
                pl.col("value").is_not_null().sum().alias("known"),
            )
        )
        told = groups.filter(pl.col("first") & (pl.col("known") == 1)).height
        if told > _OFTEN * groups.height and groups.height < 0.95 * len(facts.values):
            return (
                f"Only the first row of each '{name}' has it. Fill the rows below it first: "
                f"frame.with_columns(pl.col({column!r}).forward_fill().over({name!r})), in Polars."
            )
    return None
