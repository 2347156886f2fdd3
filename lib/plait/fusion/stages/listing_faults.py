"""Tells what in catalogues and rows of accounts could not be used, and what matched nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from plait.contracts.quarantine_reasons import (
    ACCOUNTS_SOURCE,
    CATALOGUE_SOURCE,
    PRICE_OUTLIER,
    VALUE_REASONS,
    describe_place,
    describe_value,
)

_MAX_EXAMPLES = 3


def count_faults(quarantined: pl.DataFrame) -> dict[str, Any]:
    """Returns the counts of QUARANTINE rows of one catalogue, or of one platform's accounts.

    The keys are `quarantined` (rows by reason), `unusable_values` (values by field, of rows that
    stay), `outlier_prices` (prices, which stay too) and `examples` (up to three by reason). A key
    without rows is left out.
    """
    ordered = quarantined.sort("file", "row", "field")
    of_value = is_value_fault()
    rows, values = ordered.filter(~of_value), ordered.filter(of_value)
    unusable = values.filter(pl.col("reason") != PRICE_OUTLIER)
    examples: dict[str, list[str]] = {}
    first = ordered.group_by("reason", maintain_order=True).head(_MAX_EXAMPLES)
    for reason, field, file, row, value in first.select(
        "reason", "field", "file", "row", "value"
    ).iter_rows():
        said = f"{describe_place(file, row)} {describe_value(field, value)}"
        examples.setdefault(reason, []).append(said)
    found = {
        "quarantined": dict(rows.group_by("reason").len().sort("reason").iter_rows()),
        "unusable_values": dict(unusable.group_by("field").len().sort("field").iter_rows()),
        "outlier_prices": values.height - unusable.height,
        "examples": examples,
    }
    return {name: entry for name, entry in found.items() if entry}


def is_value_fault() -> pl.Expr:
    """Returns whether a QUARANTINE row is about a value of a catalogue row that stays."""
    of_catalogue = (pl.col("source") == CATALOGUE_SOURCE).fill_null(value=False)
    return of_catalogue & pl.col("field").is_in(list(VALUE_REASONS))


def record_listings(
    platforms: dict[str, dict[str, Any]],
    catalogues: Mapping[str, Mapping[str, Any]],
    unusable_accounts: Mapping[str, int],
    quarantined: pl.DataFrame,
    items: pl.DataFrame,
) -> None:
    """Adds what became of catalogues and account rows to the counts of `platforms`.

    Args:
        platforms: the counts of a version by platform, which are changed.
        catalogues: the counts of catalogue rows, by platform.
        unusable_accounts: the number of unusable rows of account attributes, by platform.
        quarantined: QUARANTINE rows of catalogues and accounts.
        items: item, platform, events of all items, and `listed`, whether a catalogue has it.
    """
    for name, unusable in unusable_accounts.items():
        platforms[name]["account_rows_unusable"] = unusable
        if faults := count_faults(_of(quarantined, name, ACCOUNTS_SOURCE)):
            platforms[name]["account_rows"] = faults
    for name, counts in catalogues.items():
        faults = count_faults(_of(quarantined, name, CATALOGUE_SOURCE))
        here = items.filter(pl.col("platform") == name)
        platforms[name]["catalogue"] = {**counts, **faults, **_unmatched(here)}


def _of(quarantined: pl.DataFrame, platform: str, source: str) -> pl.DataFrame:
    return quarantined.filter((pl.col("platform") == platform) & (pl.col("source") == source))


def _unmatched(items: pl.DataFrame) -> dict[str, Any]:
    """Returns example ids of both sides if no item of the catalogue has an event."""
    listed, seen = pl.col("listed"), pl.col("events") > 0
    if items.filter(listed & seen).height or not items.filter(seen).height:
        return {}
    sides = {"catalogue": listed, "events": seen}
    examples = {
        side: items.filter(rows)["item"].sort().head(_MAX_EXAMPLES).to_list()
        for side, rows in sides.items()
    }
    return {"matches_no_event": examples} if examples["catalogue"] else {}
