"""The separable terms of R: each scores a person and an item as an inner product <a(x), b(y)>.

`person_vectors` returns a(x), [n, d]; `item_vectors` returns b(y), [m, d]. The vectors of all items
are computed once, and all scores are then one matrix product.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from plait.features.person_profile import profile_width
from plait.features.time_features import DAY
from plait.models.neural.dropout import Dropout
from plait.models.neural.item_tower import CONTENT_WIDTH, ItemTower
from plait.models.neural.net_settings import NetSettings
from plait.models.neural.popularity_levels import DistinctCounts, windowed_counts

PROFILE_WIDTH = 16  # width of the profile term
PRICE_WIDTH = 8  # width of the price term
HIDDEN_WIDTH = 16


@dataclass(frozen=True, eq=False)
class PersonFeatures:
    """The person's features at n times.

    Attributes:
        interest: output of the interest head, [n, D].
        profile: see `profile_features`, float32 [n, F].
        price: see `price_features`, float32 [n, 3]; None without prices.
        bin: the timeline's bin of each time, int64 [n].
    """

    interest: torch.Tensor
    profile: torch.Tensor
    price: torch.Tensor | None
    bin: torch.Tensor


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """The features of all items, which are buffers of the network.

    Attributes:
        counts: number of positive events before each bin, int32 [items, Q].
        first: first event or publication, UTC microseconds, -1 unknown, int64 [items].
        edges: start of each bin, UTC microseconds, int64 [Q].
        price: price rank, -1 missing, float32 [items].
    """

    counts: torch.Tensor
    first: torch.Tensor
    edges: torch.Tensor
    price: torch.Tensor


class SeparableTerm(nn.Module, ABC):
    """One term of R."""

    @abstractmethod
    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns a(x), [n, d]."""

    @abstractmethod
    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns b(y) of the items at indices `item`, [m, d]."""


class InterestTerm(SeparableTerm):
    """Interest: the inner product of the person's interest and the item embedding."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.scale = 1 / settings.temperature

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns the interest, divided by the temperature, [n, D]."""
        return person.interest * self.scale

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns the item embeddings, [m, D]."""
        return items.look_up(items.embedding, item)


class ContentTerm(SeparableTerm):
    """Content: a projection of the person's interest against one of the item's content."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.wanted = _mlp(settings.dimensions, 2 * CONTENT_WIDTH, CONTENT_WIDTH, settings.dropout)
        self.about = nn.Linear(CONTENT_WIDTH, CONTENT_WIDTH, bias=False)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns the projected interest, [n, CONTENT_WIDTH]."""
        vector: torch.Tensor = self.wanted(person.interest)
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns the projected content of the items, [m, CONTENT_WIDTH]."""
        vector: torch.Tensor = self.about(items.content(item)) / CONTENT_WIDTH**0.5
        return vector


class PriceTerm(SeparableTerm):
    """Price: the person's price level against the item's rank among its platform's prices."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.paid = _mlp(settings.dimensions + 3, 2 * HIDDEN_WIDTH, PRICE_WIDTH, settings.dropout)
        self.asked = _mlp(3, HIDDEN_WIDTH, PRICE_WIDTH)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns a vector of the interest and the price features, [n, PRICE_WIDTH]."""
        assert person.price is not None  # the model has this term only with prices
        vector: torch.Tensor = self.paid(torch.cat([person.interest, person.price], dim=1))
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns a vector of the price rank, [m, PRICE_WIDTH]."""
        rank = facts.price[item][:, None]
        known = (rank >= 0).float()
        rank = rank.clamp(min=0)
        vector: torch.Tensor = self.asked(torch.cat([rank, rank * rank, known], dim=1))
        return vector


class ProfileTerm(SeparableTerm):
    """Profile: the person's platforms, activity and event types against an item embedding."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        size = profile_width(len(settings.platforms), settings.type_codes)
        self.who = _mlp(size, 2 * PROFILE_WIDTH, PROFILE_WIDTH)
        self.taste = nn.Embedding(settings.embedding_rows, PROFILE_WIDTH, padding_idx=0)
        nn.init.normal_(self.taste.weight, std=0.02)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns a vector of the profile, [n, PROFILE_WIDTH]."""
        vector: torch.Tensor = self.who(person.profile)
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns the items' profile embeddings, [m, PROFILE_WIDTH]."""
        return items.look_up(self.taste, item)


class TimeBinTerm(SeparableTerm):
    """A term with one value per item and time bin; d is the number of bins."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.bins = settings.bins

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns the time bin, one-hot, [n, bins]."""
        return nn.functional.one_hot(person.bin, self.bins).float()


class PopularityTerm(TimeBinTerm):
    """Popularity: the item's number of earlier events, in recent windows and in total."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__(settings)
        # Bins hold equally many events, so a window in bins adapts to the rate of events.
        self.windows = sorted({min(w, settings.bins) for w in (1, 4, 12, settings.bins)})
        self.value = _mlp(len(self.windows), HIDDEN_WIDTH, 1)
        self._levels: DistinctCounts | None = None

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns the value of the counts before each bin, [m, bins]."""
        if not self.training:
            return self._value_of(windowed_counts(facts.counts[item], self.windows))
        # In training it is cheaper to compute the value of each distinct row of counts once.
        if self._levels is None or self._levels.counts is not facts.counts:
            self._levels = DistinctCounts.of(facts.counts, self.windows)
        if self._levels is None or 4 * len(self._levels.rows) > len(item) * self.bins:
            return self._value_of(windowed_counts(facts.counts[item], self.windows))
        value = self._value_of(self._levels.rows)
        return F.embedding(self._levels.row_of[item], value[:, None]).squeeze(2)

    def _value_of(self, counts: torch.Tensor) -> torch.Tensor:
        """Returns the value of windowed counts, [...] from [..., windows]."""
        value: torch.Tensor = self.value(torch.log1p(counts.float()) / 2).squeeze(-1)
        return value


class FreshnessTerm(TimeBinTerm):
    """Freshness: the item's age at each time bin."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__(settings)
        self.value = _mlp(2, HIDDEN_WIDTH, 1)

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns the value of the item's age at each bin, [m, bins]."""
        first = facts.first[item][:, None]
        days = (facts.edges[None, :] - first).float() / DAY
        there = ((first >= 0) & (days >= 0)).float()
        age = torch.log2(1 + days.clamp(min=0)) / 8 * there
        value: torch.Tensor = self.value(torch.stack([age, there], dim=2)).squeeze(2)
        return value


TERMS: dict[str, type[SeparableTerm]] = {
    "interest": InterestTerm,
    "content": ContentTerm,
    "price": PriceTerm,
    "popularity": PopularityTerm,
    "freshness": FreshnessTerm,
    "profile": ProfileTerm,
}


def _mlp(size: int, hidden: int, out: int, dropout: float = 0.0) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(size, hidden), nn.GELU()]
    if dropout:
        layers.append(Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(hidden, out))
