"""Gives posted events the strengths that the next fuse will give them, as far as is known here.

Dwells are relative to what the served store version learned, exactly as in a fuse. Ratings and
repeats are relative to other events of the person, so they are compared when a history is read:
a rating with the ratings of its account in the store version and those posted before it, and a
repeat with the events of the live history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from plait.clean.normalise_strengths import (
    account_mean,
    normalise_strengths,
    opinion_strength,
    repeat_divisor,
    stated_place,
)
from plait.clean.strength_histogram import DWELL_TYPES, OpinionScale
from plait.clean.strength_rules import StrengthRules
from plait.live.live_state import PersonState

# A column of posted events: the strength in histories. `strength` is that of the type or rating,
# which the feedback log keeps, so a fuse with other settings or parameters begins from it.
HISTORY_STRENGTH = "history_strength"


def add_history_strengths(events: pl.DataFrame, rules: Mapping[str, StrengthRules]) -> pl.DataFrame:
    """Returns posted `events` with HISTORY_STRENGTH, which says nothing of ratings and repeats.

    Each event is judged by itself, so the result does not depend on what is sent in one call.

    Args:
        events: FEEDBACK_EVENTS columns at least.
        rules: the rules of each platform that has any.
    """
    if not rules or events.is_empty():
        return events.with_columns(pl.col("strength").alias(HISTORY_STRENGTH))
    alone = {
        name: replace(
            rule, settings=rule.settings.model_copy(update={"repeats": False, "rating": False})
        )
        for name, rule in rules.items()
    }
    found = normalise_strengths(events, alone)["strength"]
    return events.with_columns(found.alias(HISTORY_STRENGTH))


def relate_posted(
    steps: pl.DataFrame, known: Sequence[PersonState], rules: Mapping[str, StrengthRules]
) -> pl.DataFrame:
    """Returns `steps` with the strengths of posted ratings and repeats among their history.

    Steps of the base keep the strength that the fuse gave them.

    Args:
        steps: person (a position in `known`), posted, platform, item, type, strength, in the order
            of histories.
        known: what live state holds of each person.
        rules: the rules of each platform that has any.
    """
    for platform, rule in rules.items():
        if rule.settings.rating and (opinion := rule.learned.opinion):
            steps = _relate_ratings(steps, known, platform, rule, opinion)
    return _weaken_repeats(steps, [name for name, r in rules.items() if r.settings.repeats])


def _relate_ratings(
    steps: pl.DataFrame,
    known: Sequence[PersonState],
    platform: str,
    rule: StrengthRules,
    opinion: OpinionScale,
) -> pl.DataFrame:
    """Makes posted ratings relative to the person's earlier ones on `platform`."""
    here = pl.col("posted") & (pl.col("platform") == platform) & (pl.col("type") == "rate")
    if not steps.select(here.any()).item():
        return steps
    place = pl.when(here).then(stated_place(pl.col("strength")))
    earlier = None
    if rule.rated is not None:
        steps = steps.join(_base_ratings(known, platform, rule), on="person", how="left")
        earlier = pl.col("sum").fill_null(0.0), pl.col("count").fill_null(0.0)
    steps = steps.with_columns(mean=account_mean(place, opinion, "person", earlier))
    relative = opinion_strength(place, pl.col("mean"), opinion.deviation)
    steps = steps.with_columns(strength=pl.when(here).then(relative).otherwise("strength"))
    return steps.drop("mean", "sum", "count", strict=False)


def _base_ratings(known: Sequence[PersonState], platform: str, rule: StrengthRules) -> pl.DataFrame:
    """Returns person, sum, count: the ratings in the store version of each person's accounts."""
    pairs = [(i, a) for i, k in enumerate(known) for a, name in k.accounts if name == platform]
    accounts = pl.DataFrame(pairs, schema={"person": pl.Int64, "account": pl.String}, orient="row")
    assert rule.rated is not None
    found = accounts.hstack(rule.rated.find(accounts["account"]))
    return found.group_by("person").agg(pl.col("sum", "count").sum())


def _weaken_repeats(steps: pl.DataFrame, platforms: Sequence[str]) -> pl.DataFrame:
    """Divides posted repeats by the square root of their number."""
    if not platforms:
        return steps
    again = pl.col("posted") & pl.col("platform").is_in(platforms)
    again &= pl.col("type").is_in(DWELL_TYPES)
    weaker = pl.col("strength") / repeat_divisor("person", "platform", "type", "item")
    return steps.with_columns(strength=pl.when(again).then(weaker).otherwise("strength"))
