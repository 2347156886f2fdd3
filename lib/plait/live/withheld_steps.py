"""Leaves out events of the base whose accounts have left the person since."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from plait.live.live_state import PersonState


def leave_out_withheld(steps: pl.DataFrame, known: Sequence[PersonState]) -> pl.DataFrame:
    """Returns `steps` without base events that these people's lists may not use.

    A base holds one sequence of all accounts of a person. So for who has left it, only the events
    of their own platform are used, and for the others all events of that platform are left out.

    Args:
        steps: see collect_steps.
        known: what live state holds of each person.
    """
    pairs = [(i, platform) for i, k in enumerate(known) for platform in k.without]
    owners = [(i, k.only) for i, k in enumerate(known) if k.only]
    if not pairs and not owners:
        return steps
    person = steps.schema["person"]
    away = pl.DataFrame(pairs, {"person": person, "platform": pl.String}, orient="row")
    alone = pl.DataFrame(owners, {"person": person, "only": pl.String}, orient="row")
    told = steps.join(
        away.with_columns(away=True), on=["person", "platform"], how="left", maintain_order="left"
    ).join(alone, on="person", how="left", maintain_order="left")
    foreign = pl.col("away").is_not_null() | (pl.col("only") != pl.col("platform"))
    return told.filter(pl.col("posted") | ~foreign.fill_null(value=False)).select(steps.columns)
