"""Ranked lists as arrays, and the scored items that callers read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from plait.features.vocabulary import Vocabulary
from plait.models.item_scores import DISLIKE
from plait.recommend.list_request import BoolArray, FloatArray, IndexArray

# The reason why a list is the platform's popular list instead of a personal one.
Fallback = Literal["unknown_person", "no_known_items", "no_consent"]


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """An item, its score (higher is better, unitless) and the terms that add up to it.

    An item that the model does not know has score None.
    """

    item: str
    score: float | None
    terms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Items, best first, and the reason if they are not personal."""

    items: list[ScoredItem]
    fallback: Fallback | None = None


POPULARITY = "popularity"  # the term of a fallback's scores that holds the item's share


@dataclass(frozen=True, eq=False)
class RankedLists:
    """K columns of B people on one platform, best first.

    Attributes:
        platform: the platform of the items.
        columns: positions in `vocabulary.platform_items(platform)`, [B, K].
        scores: scores; -inf after the end of a person's list, [B, K].
        terms: the terms that add up to `scores` where there is no fallback, each [B, K].
        fallback: the reason why a person's list is the popular one, or None; B of them.
        share: each item's share of its platform's positive events, from which the scores of a
            fallback are computed, [B, K].
    """

    platform: str
    columns: IndexArray
    scores: FloatArray
    terms: dict[str, FloatArray]
    fallback: list[Fallback | None]
    share: FloatArray

    def reorder(self, order: IndexArray) -> RankedLists:
        """Returns the lists in a new order.

        Args:
            order: the old position of the item at each new position, [B, K].
        """

        def moved(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return np.take_along_axis(values, order, 1)

        return RankedLists(
            self.platform,
            moved(self.columns),
            moved(self.scores),
            {name: moved(values) for name, values in self.terms.items()},
            self.fallback,
            moved(self.share),
        )

    def to_recommendations(self, vocabulary: Vocabulary) -> list[Recommendation]:
        """Returns the lists as objects, one per person."""
        if not self.columns.size:
            return [Recommendation([], reason) for reason in self.fallback]
        items = vocabulary.platform_items(self.platform)[self.columns.ravel()]
        names = np.array(vocabulary.item_ids(items).to_list(), object).reshape(self.columns.shape)
        ends = np.isfinite(self.scores).sum(1)
        return [
            Recommendation(self._items(row, names[row, :end].tolist(), reason), reason)
            for row, (end, reason) in enumerate(zip(ends, self.fallback, strict=True))
        ]

    def _items(self, row: int, names: list[str], reason: Fallback | None) -> list[ScoredItem]:
        scores = self.scores[row, : len(names)].tolist()
        if reason:
            shares = self.share[row, : len(names)].tolist()
            lost = [score - share for score, share in zip(scores, shares, strict=True)]
            return [
                ScoredItem(
                    name, score, {POPULARITY: share} | ({DISLIKE: less} if any(lost) else {})
                )
                for name, score, share, less in zip(names, scores, shares, lost, strict=True)
            ]
        terms = {name: values[row].tolist() for name, values in self.terms.items()}
        return [
            ScoredItem(name, score, {term: values[place] for term, values in terms.items()})
            for place, (name, score) in enumerate(zip(names, scores, strict=True))
        ]


def fallback_reasons(
    cold_start: BoolArray, active: BoolArray | None, withheld: BoolArray | None = None
) -> list[Fallback | None]:
    """Returns the reason why each person gets the popular list, or None; B of them.

    Args:
        cold_start: which people have no positive event on an item that the model knows, [B].
        active: which people have any item event, [B]; default: those not in `cold_start`.
        withheld: which people have only events that the platform may not use, [B]; default: none.
    """
    active = ~cold_start if active is None else active
    withheld = np.zeros(len(cold_start), bool) if withheld is None else withheld
    rows = zip(cold_start.tolist(), active.tolist(), withheld.tolist(), strict=True)
    return [
        None
        if not cold
        else "no_consent"
        if kept_away
        else "no_known_items"
        if any_event
        else "unknown_person"
        for cold, any_event, kept_away in rows
    ]
