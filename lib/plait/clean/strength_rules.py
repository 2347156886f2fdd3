"""What the strengths of a platform's events are relative to: its settings, and what was learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.clean.account_ratings import AccountRatings
from plait.clean.item_lengths import ItemLengths
from plait.clean.strength_histogram import StrengthParameters
from plait.config import Project
from plait.config.strength_settings import StrengthSettings

PARAMETERS_KEY = "strength_parameters"  # of a version's `learned`
_NOTHING = StrengthParameters({}, None)


@dataclass(frozen=True)
class StrengthRules:
    """The settings, the rating scale and the learned parameters of one platform.

    Attributes:
        settings: what strengths are relative to.
        worst, best: the ends of the rating scale.
        learned: what was learned from the log; without it, a type keeps its strength.
        lengths: the lengths of the platform's items, if some are known and dwells count.
        rated: the ratings of a store version, for events that come after it; a fuse has none.
    """

    settings: StrengthSettings
    worst: float = 1.0
    best: float = 5.0
    learned: StrengthParameters = field(default_factory=lambda: _NOTHING)
    lengths: ItemLengths | None = None
    rated: AccountRatings | None = None


def strength_rules(
    project: Project, learned: Mapping[str, Any], items: pl.DataFrame
) -> dict[str, StrengthRules]:
    """Returns the rules of each platform whose strengths are normalised.

    Args:
        project: has the settings.
        learned: `learned` of a store version; empty: nothing is learned yet.
        items: item, platform and length_s of all items, where uses_lengths(project); else any.
    """
    known = learned.get(PARAMETERS_KEY, {})
    rules = {}
    for name, platform in project.platforms.items():
        if platform.strength.any:
            scale = platform.rating_scale
            found = StrengthParameters.from_record(known[name]) if name in known else _NOTHING
            lengths = None
            if platform.strength.dwell:
                lengths = ItemLengths.of(items.filter(pl.col("platform") == name))
            rules[name] = StrengthRules(
                platform.strength, scale.worst, scale.best, found, lengths or None
            )
    return rules


def uses_lengths(project: Project) -> bool:
    """Whether the strength of an event may follow from the length of its item."""
    return any(platform.strength.dwell for platform in project.platforms.values())
