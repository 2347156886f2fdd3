"""Step 4, re-ranking: changes the order of a list as a whole.

Within a platform, a re-ranker takes a ranking and returns another. It may move columns or drop
them. A dropped column has score -inf and is at the end. Lists of several platforms are interleaved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plait.recommend.list_request import Candidates, ListRequest, Ranking
from plait.recommend.ranked_lists import ScoredItem

ReRanker = Callable[[ListRequest, Candidates, Ranking], Ranking]


def rerank(
    rerankers: Sequence[ReRanker], request: ListRequest, candidates: Candidates, ranking: Ranking
) -> Ranking:
    """Returns `ranking` after applying each of `rerankers` in order."""
    for one in rerankers:
        ranking = one(request, candidates, ranking)
    return ranking


def interleave_lists(lists: Sequence[Sequence[ScoredItem]]) -> list[ScoredItem]:
    """Returns one list: the first item of each list, then the second of each, and so on.

    Scores are comparable only within a platform, so lists of several platforms cannot be merged
    by score.
    """
    longest = max((len(items) for items in lists), default=0)
    return [items[turn] for turn in range(longest) for items in lists if turn < len(items)]
