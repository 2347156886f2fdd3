"""Counts the rows, events, people and items of a store version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from plait.config import Project
from plait.fusion.row_counts import balance_rows
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.fusion.stages.stage_results import MergedTables
from plait.identity.keys.key_evidence import count_blocked


def summarise_version(
    counts: Iterable[pl.DataFrame],
    tables: MergedTables,
    known: KnownIdentity,
    project: Project,
) -> dict[str, Any]:
    """Returns the counts of a version with these tables.

    Raises:
        LostRows: the `counts` (partial ROW_COUNTS) do not add up.
    """
    platforms = balance_rows(counts, project.platforms)
    accounts, people, items = tables.accounts, tables.people, tables.items
    per_platform = accounts.group_by("platform").agg(
        accounts=pl.len(), people=pl.col("person").n_unique()
    )
    for name, n_accounts, n_people in per_platform.iter_rows():
        platforms[name] |= {"accounts": n_accounts, "people": n_people}
    for name, n_items in items.group_by("platform").len().iter_rows():
        platforms[name]["items"] = n_items
    active = people.filter(pl.col("accounts") > 0)
    rules = accounts.group_by("rule").len().sort("rule")
    return {
        "platforms": platforms,
        "people": active.height,
        "people_on_several": active.filter(pl.col("platforms").list.len() > 1).height,
        "retired_ids": people["merged_into"].count(),
        "ignored_keys": int(known.blocked["values"].sum()),
        "rules": dict(rules.iter_rows()),
        "events": sum(entry["events"] for entry in platforms.values()),
        "rows": sum(entry["rows"] for entry in platforms.values()),
    } | {
        name: told
        for name, told in (
            ("blocked_keys", count_blocked(known.blocked)),
            ("impressions", tables.impressions),
        )
        if told
    }
