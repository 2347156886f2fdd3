"""The popular list of each platform: the fallback for cold-start people."""

from __future__ import annotations

import numpy as np
import torch

from plait.models.family import TrainedModel
from plait.recommend.list_request import FloatArray


class PopularList:
    """Each item's share of its platform's positive training events, and the order by share."""

    def __init__(self, model: TrainedModel) -> None:
        counts = model.event_counts
        self._share: dict[str, FloatArray] = {}
        self._order: dict[str, torch.Tensor] = {}
        for platform in model.platforms:
            own = counts[model.vocabulary.platform_items(platform)]
            self._share[platform] = (own / max(own.sum(), 1.0)).astype(np.float32)
            place = np.empty(len(own), np.float32)
            place[np.argsort(-own, kind="stable")] = -np.arange(len(own), dtype=np.float32)
            self._order[platform] = torch.from_numpy(place)

    def shares(self, platform: str) -> FloatArray:
        """Returns each item's share of the positive events, 0 to 1, [N_p]."""
        return self._share[platform]

    def order_scores(self, platform: str, penalty: torch.Tensor | None = None) -> torch.Tensor:
        """Returns minus each item's place in the popular list; no two items have the same place.

        Args:
            platform: the platform of the items.
            penalty: the dislike term of B people, [B, N_p]. Scores are logits, so the penalised
                share is the share times exp(penalty).

        Returns:
            [N_p], or with `penalty` [B, N_p].
        """
        if penalty is None:
            return self._order[platform]
        usual = self._order[platform].numpy()
        own = np.tile(usual, (len(penalty), 1))
        rows = np.flatnonzero((penalty != 0).any(1).cpu().numpy())
        if len(rows):  # sort the whole catalogue only for people with a penalty
            values = penalty.cpu().numpy()[rows]
            left = self._share[platform] * np.exp(values)
            order = np.lexsort((np.broadcast_to(-usual, left.shape), -values, -left), axis=1)
            places = np.empty(left.shape, np.float32)
            np.put_along_axis(places, order, -np.arange(len(usual), dtype=np.float32)[None], 1)
            own[rows] = places
        return torch.from_numpy(own)
