"""Step 4, re-ranking: the order of a list as a whole.

Within a platform, a re-ranker takes a ranking and returns another: columns may change places or be
dropped (score -inf), and what is dropped stands at the end. Between platforms lists take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plait.recommend.list_request import Candidates, ListRequest, Ranking
from plait.recommend.ranked_lists import ScoredItem

ReRanker = Callable[[ListRequest, Candidates, Ranking], Ranking]


def rerank(
    rerankers: Sequence[ReRanker], request: ListRequest, candidates: Candidates, ranking: Ranking
) -> Ranking:
    """Returns `ranking` after each of `rerankers`, in their order."""
    for one in rerankers:
        ranking = one(request, candidates, ranking)
    return ranking


def interleave_lists(lists: Sequence[Sequence[ScoredItem]]) -> list[ScoredItem]:
    """Returns the lists as one: the first of each, the second of each, ...

    Scores compare within a platform only, so a list over several platforms takes turns.
    """
    longest = max((len(items) for items in lists), default=0)
    return [items[turn] for turn in range(longest) for items in lists if turn < len(items)]
