"""What a recommendation says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# Why a list is the platform's popular items instead of a person's own.
Fallback = Literal["unknown_person", "no_known_items"]


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """An item, its score (higher is better, unitless) and the terms that add up to it.

    An item that the model does not know has no score.
    """

    item: str
    score: float | None
    terms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Items, best first, and why they are not personal where they are not."""

    items: list[ScoredItem]
    fallback: Fallback | None = None
