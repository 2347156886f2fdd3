"""The popular list of each platform: what strangers get."""

from __future__ import annotations

import numpy as np
import torch

from plait.model.artifact import Model
from plait.recommend.lists import Reals


class Popular:
    """Each item's share of its platform's positive events in training, and their order."""

    def __init__(self, model: Model) -> None:
        counts = model.net.counts[:, -1].cpu().numpy().astype(np.float64)
        self._share: dict[str, Reals] = {}
        self._order: dict[str, torch.Tensor] = {}
        for platform in model.platforms:
            own = counts[model.vocabulary.platform_items(platform)]
            self._share[platform] = (own / max(own.sum(), 1.0)).astype(np.float32)
            place = np.empty(len(own), np.float32)
            place[np.argsort(-own, kind="stable")] = -np.arange(len(own), dtype=np.float32)
            self._order[platform] = torch.from_numpy(place).to(model.device)

    def share(self, platform: str) -> Reals:
        """Returns the share of events of each item, [N_p]."""
        return self._share[platform]

    def order(self, platform: str) -> torch.Tensor:
        """Returns minus each item's place in the popular list, [N_p]: equal shares differ."""
        return self._order[platform]
