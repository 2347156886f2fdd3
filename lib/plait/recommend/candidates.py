"""Step 1, retrieval: all items of a platform, with scores and an order for each person."""

from __future__ import annotations

import numpy as np
import torch

from plait.features.history import History
from plait.features.likes_and_dislikes import keep_positive_events
from plait.models.item_scores import ItemScores
from plait.recommend.list_request import BoolArray, Candidates
from plait.recommend.popular_list import PopularList


def find_cold_start(history: History) -> BoolArray:
    """Returns which people have no positive event on an item of the vocabulary, [B]."""
    cold_start: BoolArray = keep_positive_events(history).lengths == 0
    return cold_start


def retrieve_candidates(
    history: History, platform: str, scores: ItemScores, popular: PopularList
) -> Candidates:
    """Returns every item of `platform`, ordered by score, or by popularity in a cold start.

    Args:
        history: histories of B people.
        platform: the platform of the items.
        scores: the model's scores of the items, [B, N_p].
        popular: the order for cold-start people. Items that a person dislikes move down in it.
    """
    cold_start = find_cold_start(history)
    order = scores.total
    if cold_start.any():
        rows = torch.from_numpy(np.flatnonzero(cold_start)).to(order.device)
        penalty = None if scores.dislike is None else scores.dislike[rows]
        order = order.clone()
        order[rows] = popular.order_scores(platform, penalty).to(order.device)
    return Candidates(platform, scores, cold_start, order)
