"""The network: encodes sequences to interests, and computes R as a sum of separable terms."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from plait.features.history_batch import HistoryBatch
from plait.features.item_attributes import ItemAttributes
from plait.features.person_profile import profile_width
from plait.features.time_features import Timeline
from plait.models.neural.encoder import Encoder
from plait.models.neural.interest_head import InterestHead
from plait.models.neural.item_tower import ItemTower
from plait.models.neural.net_settings import NetSettings
from plait.models.neural.terms import TERMS, ItemFeatures, PersonFeatures, SeparableTerm

TermVectors = dict[str, torch.Tensor]


class NeuralNet(nn.Module):
    """Holds all weights learned by gradient, and the item features it reads as buffers."""

    counts: torch.Tensor
    first: torch.Tensor
    edges: torch.Tensor
    price: torch.Tensor

    def __init__(self, settings: NetSettings) -> None:
        super().__init__()
        self.settings = settings
        platforms = len(settings.platforms)
        self.items = ItemTower(settings)
        self.encoder = Encoder(settings)
        self.heads = nn.ModuleList(InterestHead(settings) for _ in range(platforms))
        self.terms = nn.ModuleDict({name: TERMS[name](settings) for name in settings.terms})
        # A gate weights each term by platform and profile. It is 1 before training.
        profile = profile_width(platforms, settings.type_codes)
        self.gates = nn.ModuleList(
            nn.Linear(profile, len(settings.terms)) for _ in range(platforms)
        )
        for gate in self.gates:
            nn.init.zeros_(gate.weight)  # type: ignore[arg-type]
            nn.init.zeros_(gate.bias)  # type: ignore[arg-type]
        shape = (settings.items, settings.bins)
        self.register_buffer("counts", torch.zeros(shape, dtype=torch.int32))
        self.register_buffer("first", torch.full((settings.items,), -1, dtype=torch.int64))
        self.register_buffer("edges", torch.zeros(settings.bins, dtype=torch.int64))
        priced = settings.items if settings.price else 0
        self.register_buffer("price", torch.full((priced,), -1.0))

    def set_item_features(self, timeline: Timeline, catalogue: ItemAttributes) -> None:
        """Copies the items' event counts, times, prices and attributes into the buffers."""
        self.counts.copy_(torch.from_numpy(timeline.counts))
        self.first.copy_(torch.from_numpy(timeline.first))
        self.edges.copy_(torch.from_numpy(timeline.edges))
        if catalogue.price is not None:
            self.price.copy_(torch.from_numpy(catalogue.price))
        self.items.set_attributes(catalogue)

    def encode(self, batch: HistoryBatch, kept: torch.Tensor | None = None) -> torch.Tensor:
        """Returns the state after every token, [1 + M, D]; `kept` is as in Encoder.forward."""
        states: torch.Tensor = self.encoder(batch.tokens, self.items, kept)
        return states

    def person_vectors(
        self,
        states: torch.Tensor,
        batch: HistoryBatch,
        event: torch.Tensor,
        platform: int,
        bins: torch.Tensor | None = None,
    ) -> TermVectors:
        """Returns the gated a(x) of every term on `platform`, each [n, d].

        Args:
            states: the states of `batch`.
            batch: the histories.
            event: the last known event, counted from 1, 0 for none, [n].
            platform: code of the platform.
            bins: the timeline's bin at the time of the request, int64 [n]; default: the batch's.
        """
        given = None if bins is None else {platform: bins}
        return self.person_vectors_by_platform(states, batch, {platform: event}, given)[platform]

    def person_vectors_by_platform(
        self,
        states: torch.Tensor,
        batch: HistoryBatch,
        events: dict[int, torch.Tensor],
        bins: dict[int, torch.Tensor] | None = None,
    ) -> dict[int, TermVectors]:
        """Returns `person_vectors` of each platform's events in one gather of the states."""
        wanted: list[torch.Tensor] = []
        for platform, event in events.items():
            wanted.append(batch.tokens.merged[event])
            if self.settings.views:
                wanted.append(batch.tokens.own[event, batch.views.index(platform)])
        # One gather: its backward fills a tensor as large as the states.
        read = F.embedding(torch.cat(wanted), states)
        found = iter(torch.split(read, [len(w) for w in wanted]))
        return {
            platform: self._gated_vectors(
                next(found),
                next(found) if self.settings.views else None,
                batch,
                event,
                batch.bin[event] if bins is None else bins[platform],
                platform,
            )
            for platform, event in events.items()
        }

    def _gated_vectors(
        self,
        merged: torch.Tensor,
        own: torch.Tensor | None,
        batch: HistoryBatch,
        event: torch.Tensor,
        bins: torch.Tensor,
        platform: int,
    ) -> TermVectors:
        profile = batch.profile[event]
        person = PersonFeatures(
            self.heads[platform](merged, own),
            profile,
            None if batch.price is None else batch.price[event],
            bins,
        )
        gates = 2 * torch.sigmoid(self.gates[platform](profile))
        return {
            name: gates[:, place, None] * self._term(name).person_vectors(person)
            for place, name in enumerate(self.settings.terms)
        }

    def item_vectors(self, item: torch.Tensor) -> TermVectors:
        """Returns b(y) of every term for the items at indices `item`, each [m, d]."""
        facts = ItemFeatures(self.counts, self.first, self.edges, self.price)
        return {
            name: self._term(name).item_vectors(item, self.items, facts)
            for name in self.settings.terms
        }

    def _term(self, name: str) -> SeparableTerm:
        term = self.terms[name]
        assert isinstance(term, SeparableTerm)
        return term


def concatenate_terms(vectors: TermVectors) -> torch.Tensor:
    """Returns the terms' vectors concatenated, [n, K].

    The inner product of a person's row and an item's row is the sum of the terms.
    """
    return torch.cat(list(vectors.values()), dim=1)
