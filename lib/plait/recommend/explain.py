"""Step 5, explanation: the terms of each score, and the reason if a list is not personal."""

from __future__ import annotations

import numpy as np
import torch

from plait.models.item_scores import DISLIKE
from plait.recommend.list_request import BoolArray, Candidates, Ranking
from plait.recommend.popular_list import PopularList
from plait.recommend.ranked_lists import RankedLists, fallback_reasons


def explain_ranking(
    candidates: Candidates,
    ranking: Ranking,
    popular: PopularList,
    active: BoolArray | None,
    withheld: BoolArray | None = None,
) -> RankedLists:
    """Returns `ranking` with the terms of its scores and the reasons of its fallbacks.

    For a cold-start person, an item's score is its share of the platform's positive events,
    multiplied by exp(dislike term). For everyone else it is the ranking's score.

    Args:
        candidates: the candidates that were ranked, B people.
        ranking: the ranked columns, [B, K].
        popular: the popular list, which is the fallback.
        active: which people have any item event, known to the model or not, [B].
        withheld: which people have only events that this platform may not use, [B].
    """
    columns, cold_start = ranking.columns, candidates.cold_start
    where = torch.from_numpy(columns).to(candidates.order.device)
    terms = {name: t.cpu().numpy() for name, t in candidates.scores.terms_of(where).items()}
    share = popular.shares(candidates.platform)[columns]
    value = np.where(np.isfinite(ranking.scores), share * np.exp(terms[DISLIKE]), -np.inf)
    scores = np.where(cold_start[:, None], value, ranking.scores).astype(np.float32)
    reasons = fallback_reasons(cold_start, active, withheld)
    return RankedLists(candidates.platform, columns, scores, terms, reasons, share)
