"""Stops a run if no row of a platform became an event."""

from __future__ import annotations

import polars as pl

from plait.config import Project
from plait.errors import TooFewEvents

_FIXES = {
    "bad_time": "Set platforms.{p}.events.time.unit to s, ms, us or iso.",
    "future_time": "Set platforms.{p}.events.time.unit: ms (or us) if times have that resolution.",
    "ancient_time": "Set platforms.{p}.events.time.unit to the unit of the log.",
    "unknown_type": "Map the event types of the log in platforms.{p}.events.type.map.",
    "null_account": "Set platforms.{p}.events.columns.account to the column with account ids.",
    "null_object": "Set platforms.{p}.events.columns.item to the column with item ids.",
    "bad_order": "Set platforms.{p}.events.columns.order to a column of whole numbers.",
    "keep": "Relax platforms.{p}.events.keep.",
    "bot": "If these are people: set platforms.{p}.denoise.bots.remove: false.",
    "k_core": "Lower platforms.{p}.events.k_core.",
}


def check_platforms(counts: pl.DataFrame, project: Project) -> None:
    """Raises TooFewEvents if all rows of a platform were quarantined or removed."""
    for platform in project.platforms:
        here = counts.filter(pl.col("platform") == platform)
        rows = here.filter(pl.col("what") == "rows")["n"].sum()
        lost = here.filter(pl.col("what").str.contains(":", literal=True)).sort(
            "n", "what", descending=[True, False]
        )
        if not rows or lost["n"].sum() < rows:
            continue
        kind, _, reason = lost["what"][0].partition(":")
        raise TooFewEvents(
            f"platform '{platform}': none of its {rows:,} rows became an event; "
            f"{lost['n'][0]:,} were {kind} ({reason}).",
            fix=_FIXES.get(reason, "Correct platforms.{p}.events.").format(p=platform),
        )
