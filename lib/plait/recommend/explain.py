"""Step 5, explanation: the terms of each score, and why a list is not personal."""

from __future__ import annotations

import numpy as np
import torch

from plait.models.item_scores import DISLIKE
from plait.recommend.list_request import BoolArray, Candidates, Ranking
from plait.recommend.popular_list import PopularList
from plait.recommend.ranked_lists import RankedLists, fallback_reasons


def explain_ranking(
    candidates: Candidates, ranking: Ranking, popular: PopularList, active: BoolArray | None
) -> RankedLists:
    """Returns `ranking` with terms and fallbacks.

    The score of a cold-start person's item is its share of the platform's positive events, less
    what a dislike takes; of anybody else's it is the ranking's.

    Args:
        candidates: what was ranked, B people.
        ranking: its columns, [B, K].
        popular: the fallback.
        active: people with any item event, known to the model or not, [B].
    """
    columns, cold_start = ranking.columns, candidates.cold_start
    where = torch.from_numpy(columns).to(candidates.order.device)
    terms = {name: t.cpu().numpy() for name, t in candidates.scores.terms_of(where).items()}
    share = popular.shares(candidates.platform)[columns]
    value = np.where(np.isfinite(ranking.scores), share * np.exp(terms[DISLIKE]), -np.inf)
    scores = np.where(cold_start[:, None], value, ranking.scores).astype(np.float32)
    reasons = fallback_reasons(cold_start, active)
    return RankedLists(candidates.platform, columns, scores, terms, reasons, share)
