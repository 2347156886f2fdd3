"""The separable terms of R: each scores a person and an item as an inner product <a(x), b(y)>.

`person` gives a(x), [n, d]; `item` gives b(y), [m, d]. Both sides are small networks, so the
vectors of all items can be made once and every score afterwards is one matrix product.
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
    """The person's side at n moments: the interest state, profile, prices and time bin."""

    interest: torch.Tensor
    profile: torch.Tensor
    price: torch.Tensor | None
    bin: torch.Tensor


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """What is known of all items, as buffers of the network.

    Attributes:
        counts: events before each bin, int32 [items, Q].
        first: first event or publication, microseconds, -1 unknown, int64 [items].
        edges: where bins begin, microseconds, int64 [Q].
        price: price rank, -1 missing, float32 [items].
    """

    counts: torch.Tensor
    first: torch.Tensor
    edges: torch.Tensor
    price: torch.Tensor


class SeparableTerm(nn.Module, ABC):
    """One summand of R."""

    @abstractmethod
    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Returns a(x), [n, d]."""

    @abstractmethod
    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Returns b(y) of the items at indices `item`, [m, d]."""


class InterestTerm(SeparableTerm):
    """What the sequence says the person wants next: the state against the item embedding."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.scale = 1 / settings.temperature

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """The state, divided by the temperature."""
        return person.interest * self.scale

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """The item embedding."""
        return items.look_up(items.embedding, item)


class ContentTerm(SeparableTerm):
    """What the person wants things to be about, against what the item is about."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.wanted = _mlp(settings.dimensions, 2 * CONTENT_WIDTH, CONTENT_WIDTH, settings.dropout)
        self.about = nn.Linear(CONTENT_WIDTH, CONTENT_WIDTH, bias=False)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """The content wanted."""
        vector: torch.Tensor = self.wanted(person.interest)
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """What the item is about."""
        vector: torch.Tensor = self.about(items.content(item)) / CONTENT_WIDTH**0.5
        return vector


class PriceTerm(SeparableTerm):
    """The prices the person pays, against the item's place among its platform's prices."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.paid = _mlp(settings.dimensions + 3, 2 * HIDDEN_WIDTH, PRICE_WIDTH, settings.dropout)
        self.asked = _mlp(3, HIDDEN_WIDTH, PRICE_WIDTH)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """The prices paid."""
        assert person.price is not None  # the term is left out where there are no prices
        vector: torch.Tensor = self.paid(torch.cat([person.interest, person.price], dim=1))
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """The price asked."""
        rank = facts.price[item][:, None]
        known = (rank >= 0).float()
        rank = rank.clamp(min=0)
        vector: torch.Tensor = self.asked(torch.cat([rank, rank * rank, known], dim=1))
        return vector


class ProfileTerm(SeparableTerm):
    """Platforms, activity and kinds of events of the person, against a taste of the item."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        size = profile_width(len(settings.platforms), settings.type_codes)
        self.who = _mlp(size, 2 * PROFILE_WIDTH, PROFILE_WIDTH)
        self.taste = nn.Embedding(settings.embedding_rows, PROFILE_WIDTH, padding_idx=0)
        nn.init.normal_(self.taste.weight, std=0.02)

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """Who the person is."""
        vector: torch.Tensor = self.who(person.profile)
        return vector

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """Who takes to the item."""
        return items.look_up(self.taste, item)


class TimeBinTerm(SeparableTerm):
    """A term that looks up the item's value at the person's moment: d is the number of bins."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.bins = settings.bins

    def person_vectors(self, person: PersonFeatures) -> torch.Tensor:
        """The bin of the moment, one-hot."""
        return nn.functional.one_hot(person.bin, self.bins).float()


class PopularityTerm(TimeBinTerm):
    """How often the item was chosen before the moment: lately, and in all."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__(settings)
        # Bins hold equally many events, so windows of bins follow the pace of the data.
        self.windows = sorted({min(w, settings.bins) for w in (1, 4, 12, settings.bins)})
        self.value = _mlp(len(self.windows), HIDDEN_WIDTH, 1)
        self._levels: DistinctCounts | None = None

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """The value of the counts known at each bin."""
        if not self.training:
            return self._value_of(windowed_counts(facts.counts[item], self.windows))
        # Over the many steps of training it pays to know which counts there are at all.
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
    """How long the item has been there at the moment."""

    def __init__(self, settings: NetSettings) -> None:
        super().__init__(settings)
        self.value = _mlp(2, HIDDEN_WIDTH, 1)

    def item_vectors(
        self, item: torch.Tensor, items: ItemTower, facts: ItemFeatures
    ) -> torch.Tensor:
        """The value of the item's age at each bin."""
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
