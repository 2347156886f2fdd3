"""The trained neural model: its files, and the only code that computes its scores."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from scipy import sparse

from plait.features.attribute_codes import AttributeCodes
from plait.features.history import UNKNOWN_TIME, History
from plait.features.history_batch import make_history_batch
from plait.features.likes_and_dislikes import Dislikes, keep_positive_events
from plait.features.time_features import Timeline
from plait.features.vocabulary import Vocabulary
from plait.models.family import Moment, Provenance, require_platform
from plait.models.item_item.item_item_term import ItemItemTerm, item_item_term_scores
from plait.models.model_files import (
    NEURAL,
    read_config,
    read_metrics,
    read_provenance,
    refuse_damaged,
    write_model_files,
)
from plait.models.neural.dislike_term import ItemLikeness, dislike_term
from plait.models.neural.net import NeuralNet, TermVectors, concatenate_terms
from plait.models.neural.net_settings import NetSettings
from plait.models.neural.separable_scores import SeparableScores, join_blocks

WEIGHTS = "weights.safetensors"


class NeuralModel:
    """A network with its vocabulary, item-item term and attribute codes.

    Serving and evaluation both score with `score`, so a served list is the list that was
    evaluated.
    """

    def __init__(
        self,
        net: NeuralNet,
        vocabulary: Vocabulary,
        item_item: ItemItemTerm,
        provenance: Provenance,
        metrics: dict[str, Any] | None = None,
        codes: AttributeCodes | None = None,
    ) -> None:
        self.net = net.eval()
        self.net.items.learn_entities(vocabulary.entity)
        self.vocabulary, self.codes = vocabulary, codes
        self.item_item = item_item
        self.provenance = provenance
        self.metrics = metrics or {}
        self._items: dict[str, tuple[TermVectors, tuple[torch.Tensor, ...]]] = {}
        self._neighbours: dict[str, list[sparse.csr_array]] = {}

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms the model knows."""
        return self.vocabulary.platforms

    def score(self, history: History, platform: str, now: Moment = None) -> SeparableScores:
        """Returns the scores of every item of `platform` for each person, see TrainedModel."""
        items, joined = self.item_terms(platform)
        chosen, dislikes = keep_positive_events(history), Dislikes.of(history)
        if now is None:
            known = np.concatenate([[UNKNOWN_TIME], history.time])
            now = known[history.offsets[1:] * (history.lengths > 0)]
        return SeparableScores(
            self.person_terms(chosen, platform, now),
            items,
            joined,
            self._item_item_scores(chosen, platform),
            self._disliked(dislikes, len(history), platform),
        )

    @property
    def event_counts(self) -> npt.NDArray[np.float64]:
        """See TrainedModel."""
        counts: npt.NDArray[np.float64] = self.net.counts[:, -1].cpu().numpy().astype(np.float64)
        return counts

    def describe(self) -> dict[str, Any]:
        """Returns the terms, and `item_item`, the weight of that term on each platform."""
        return {"terms": list(self.net.settings.terms), "item_item": self.item_item.weights}

    def item_vectors(self, platform: str) -> torch.Tensor:
        """Returns b(y) of all separable terms, concatenated, [N_p, K]; see TrainedModel."""
        return torch.cat(self.item_terms(platform)[1], dim=1).T

    @torch.inference_mode()
    def person_terms(self, history: History, platform: str, now: Moment = None) -> TermVectors:
        """Returns a(x) of every separable term for each person, each [B, d].

        Args:
            history: the events of positive strength of B people, as in training.
            platform: see `score`.
            now: see `score`.
        """
        code = self._platform_code(platform)
        types = self.net.settings.type_codes
        if (history.type >= types).any():  # a type that is newer than this model
            history = history.keep(history.type < types)
        batch = make_history_batch(
            history,
            platforms=len(self.platforms),
            types=types,
            views=[code] if self.net.settings.views else [],
            timeline=self._timeline,
            price=self._price,
        ).to(self.device)
        last = torch.from_numpy(history.offsets[1:] * (history.lengths > 0)).to(self.device)
        bins = None
        if now is not None:
            moments = np.broadcast_to(np.asarray(now, np.int64), len(history))
            bins = torch.from_numpy(self._timeline.bin_of(moments)).to(self.device)
        return self.net.person_vectors(self.net.encode(batch), batch, last, code, bins)

    @torch.inference_mode()
    def item_terms(self, platform: str) -> tuple[TermVectors, tuple[torch.Tensor, ...]]:
        """Returns b(y) of the platform's items by term, [N_p, d], and SeparableScores.joined."""
        if platform not in self._items:
            self._platform_code(platform)
            blocks = [self._vectors(own) for own in self.vocabulary.platform_blocks(platform)]
            vectors = {n: torch.cat([block[n] for block in blocks]) for n in blocks[0]}
            joined = tuple(concatenate_terms(block).T.contiguous() for block in blocks)
            self._items[platform] = vectors, joined
        return self._items[platform]

    def _vectors(self, items: np.ndarray) -> TermVectors:
        index = torch.from_numpy(items).long()
        parts = [self.net.item_vectors(part.to(self.device)) for part in torch.split(index, 4096)]
        return {n: torch.cat([part[n] for part in parts]) for n in parts[0]}

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return self.net.edges.device

    def _item_item_scores(self, history: History, platform: str) -> torch.Tensor | None:
        weight = self.item_item.weights.get(platform, 0.0)
        if not weight:
            return None
        if platform not in self._neighbours:
            self._neighbours[platform] = self.item_item.for_platform(platform, self.vocabulary)
        blocks = self._neighbours[platform]
        scores = join_blocks([item_item_term_scores(history, block) for block in blocks])
        return scores.mul_(weight).to(self.device)

    def _disliked(self, dislikes: Dislikes, people: int, platform: str) -> torch.Tensor | None:
        if not len(dislikes):
            return None
        blocks = self.vocabulary.platform_blocks(platform)
        parts = [dislike_term(dislikes, people, block, self._likeness) for block in blocks]
        return join_blocks(parts).to(self.device)

    def _platform_code(self, platform: str) -> int:
        require_platform(platform, self.platforms)
        return self.vocabulary.platform_code(platform)

    @cached_property
    def _likeness(self) -> ItemLikeness:
        return ItemLikeness(self.net, self.item_item.neighbours, self.vocabulary.block_ends)

    @cached_property
    def _timeline(self) -> Timeline:
        net = self.net
        return Timeline(*(t.cpu().numpy() for t in (net.edges, net.counts, net.first)))

    @cached_property
    def _price(self) -> Any:
        return self.net.price.cpu().numpy() if self.net.settings.price else None

    def save(self, folder: Path) -> None:
        """Writes the model into `folder` as safetensors, JSON and Parquet; no pickles."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {n: t.detach().cpu().contiguous() for n, t in self.net.state_dict().items()}
        save_file(state, folder / WEIGHTS)
        self.vocabulary.save(folder)
        self.item_item.save(folder)
        if self.codes is not None:
            self.codes.save(folder)
        parts = {"net": self.net.settings.as_json(), "item_item": self.item_item.weights}
        write_model_files(folder, NEURAL, parts, self.provenance, self.metrics)

    @classmethod
    def load(cls, folder: Path) -> NeuralModel:
        """Returns the model saved in `folder`.

        Raises:
            DamagedVersion: a file is missing or damaged.
        """
        with refuse_damaged(folder):
            config = read_config(folder)
            settings = NetSettings.from_json(config["net"])
            net = NeuralNet(settings)
            net.load_state_dict(load_file(folder / WEIGHTS))
            for name, tensor in net.state_dict().items():
                if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                    msg = f"'{name}' is not finite"
                    raise ValueError(msg)
            vocabulary = Vocabulary.load(folder, settings.platforms)
            if len(vocabulary) != settings.items:
                msg = f"{len(vocabulary) - 1} items, {settings.items - 1} have weights"
                raise ValueError(msg)
            codes = AttributeCodes.load(folder)
            if codes is not None and len(codes.names) != settings.tokens:
                msg = f"{len(codes.names)} attributes, {settings.tokens} have weights"
                raise ValueError(msg)
            return cls(
                net,
                vocabulary,
                ItemItemTerm.load(folder, settings.items, config["item_item"]),
                read_provenance(config),
                read_metrics(folder),
                codes,
            )
