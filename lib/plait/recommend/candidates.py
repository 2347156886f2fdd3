"""Step 1, retrieval: all items of a platform, with scores, in an order for everybody."""

from __future__ import annotations

import numpy as np
import torch

from plait.features.history import History
from plait.features.likes_and_dislikes import keep_positive_events
from plait.models.item_scores import ItemScores
from plait.recommend.list_request import BoolArray, Candidates
from plait.recommend.popular_list import PopularList


def find_cold_start(history: History) -> BoolArray:
    """Returns who has no positive event on an item of the vocabulary, [B]."""
    cold_start: BoolArray = keep_positive_events(history).lengths == 0
    return cold_start


def retrieve_candidates(
    history: History, platform: str, scores: ItemScores, popular: PopularList
) -> Candidates:
    """Returns every item of `platform`: by score, for cold-start people by popularity.

    Args:
        history: B people.
        platform: whose items they are.
        scores: what the model gives them, [B, N_p].
        popular: the fallback; what somebody dislikes loses its place there.
    """
    cold_start = find_cold_start(history)
    order = scores.total
    if cold_start.any():
        rows = torch.from_numpy(np.flatnonzero(cold_start)).to(order.device)
        penalty = None if scores.dislike is None else scores.dislike[rows]
        order = order.clone()
        order[rows] = popular.order_scores(platform, penalty).to(order.device)
    return Candidates(platform, scores, cold_start, order)
