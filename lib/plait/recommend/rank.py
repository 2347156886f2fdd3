"""Step 3, ranking: the exact top k columns of each person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from plait.models.item_scores import check_scores, not_finite_error
from plait.recommend.list_request import Candidates, IndexArray, Ranking


def rank_candidates(
    candidates: Candidates, excluded: tuple[IndexArray, IndexArray], k: int
) -> Ranking:
    """Returns the best `k` columns of each person without the `excluded` (row, column) pairs.

    Raises:
        NotFinite: a score that would be in a list is a NaN or infinite.
    """
    return Ranking(*top_k_columns(candidates.order, *excluded, k, candidates.platform))


def rank_columns(candidates: Candidates, columns: IndexArray) -> Ranking:
    """Returns the model's scores of the given columns, in the given order.

    Args:
        candidates: the candidates of B people.
        columns: columns to score, -1 for none, [B, K]. Their scores are -inf for none.

    Raises:
        NotFinite: one of the scores is a NaN or infinite.
    """
    known, total = columns >= 0, candidates.scores.total
    columns = np.maximum(columns, 0)
    where = torch.from_numpy(columns).to(total.device)
    own = check_scores(total.gather(1, where), candidates.platform).cpu().numpy()
    return Ranking(columns, np.where(known, own, -np.inf).astype(np.float32))


def top_k_columns(
    scores: torch.Tensor,
    hidden_row: IndexArray,
    hidden_column: IndexArray,
    k: int,
    platform: str = "",
) -> tuple[IndexArray, npt.NDArray[np.float32]]:
    """Returns the k best columns of each row and their scores, each [B, min(k, N)].

    The best comes first, and among equal scores the smaller column. If fewer than k columns
    are left, the rest have score -inf.

    Args:
        scores: scores, [B, N]; not changed.
        hidden_row: rows of the pairs left out, [P].
        hidden_column: columns of the pairs left out, [P].
        k: requested columns, >= 1.
        platform: the platform of the columns, for error messages.

    Raises:
        NotFinite: a score that would be in a list is a NaN or infinite.
    """
    whole = scores
    if len(hidden_row):
        scores = scores.clone()
        scores[torch.from_numpy(hidden_row), torch.from_numpy(hidden_column)] = -torch.inf
    value, column = torch.topk(scores, min(k, scores.shape[1]), dim=1)
    values, columns = value.cpu().numpy(), column.cpu().numpy()
    # A NaN or +inf comes first in topk. A -inf is hidden or a fault, so all scores are checked.
    if not np.isfinite(values).all() and not torch.isfinite(whole).all():
        raise not_finite_error("scores", platform)
    order = np.lexsort((columns, -values), axis=1)
    return np.take_along_axis(columns, order, 1), np.take_along_axis(values, order, 1)
