"""Gives posted events the strengths that the next fuse will give them, as far as is known here.

Dwells are relative to what the served store version learned, exactly as in a fuse. A rating is
relative to the platform's mean alone, as the earlier ratings of its account are not in live state.
A repeat is counted among the events of the person's live history.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from plait.clean.normalise_strengths import normalise_strengths, repeat_divisor
from plait.clean.strength_histogram import DWELL_TYPES
from plait.clean.strength_rules import StrengthRules

# A column of posted events: the strength in histories. `strength` is that of the type or rating,
# which the feedback log keeps, so a fuse with other settings or parameters begins from it.
HISTORY_STRENGTH = "history_strength"


def add_history_strengths(events: pl.DataFrame, rules: Mapping[str, StrengthRules]) -> pl.DataFrame:
    """Returns posted `events` with HISTORY_STRENGTH, without regard to repeats.

    Each event is judged by itself, so the result does not depend on what is sent in one call.

    Args:
        events: FEEDBACK_EVENTS columns at least.
        rules: the rules of each platform that has any.
    """
    if not rules or events.is_empty():
        return events.with_columns(pl.col("strength").alias(HISTORY_STRENGTH))
    alone = {
        name: replace(rule, settings=rule.settings.model_copy(update={"repeats": False}))
        for name, rule in rules.items()
    }
    apart = pl.int_range(pl.len()).alias("account")
    found = normalise_strengths(events.with_columns(apart), alone)["strength"]
    return events.with_columns(found.alias(HISTORY_STRENGTH))


def weaken_repeats(steps: pl.DataFrame, platforms: Collection[str]) -> pl.DataFrame:
    """Returns `steps` with posted repeats divided by the square root of their number.

    Args:
        steps: person, posted, platform, item, type, strength, in the order of histories. Steps of
            the base are counted, and keep the strength that the fuse gave them.
        platforms: those whose repeats count less.
    """
    if not platforms:
        return steps
    again = pl.col("posted") & pl.col("platform").is_in(list(platforms))
    again &= pl.col("type").is_in(DWELL_TYPES)
    weaker = pl.col("strength") / repeat_divisor("person", "platform", "type", "item")
    return steps.with_columns(strength=pl.when(again).then(weaker).otherwise("strength"))
