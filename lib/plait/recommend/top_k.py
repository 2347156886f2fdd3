"""The best columns of a score matrix, exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from plait.models.item_scores import not_finite_error

IndexArray = npt.NDArray[np.int64]


def top_k_columns(
    scores: torch.Tensor,
    hidden_row: IndexArray,
    hidden_column: IndexArray,
    k: int,
    platform: str = "",
) -> tuple[IndexArray, npt.NDArray[np.float32]]:
    """Returns the k best columns of each row and their scores, each [B, min(k, N)].

    The best comes first, of equal ones the smaller column. Where fewer than k columns are
    left, the rest have score -inf.

    Args:
        scores: [B, N]; not changed.
        hidden_row: rows of the pairs left out, [P].
        hidden_column: columns of the pairs left out, [P].
        k: columns wanted, >= 1.
        platform: whose items the columns are, for messages.

    Raises:
        NotFinite: a score that would be in a list is a NaN or infinite.
    """
    whole = scores
    if len(hidden_row):
        scores = scores.clone()
        scores[torch.from_numpy(hidden_row), torch.from_numpy(hidden_column)] = -torch.inf
    value, column = torch.topk(scores, min(k, scores.shape[1]), dim=1)
    values, columns = value.cpu().numpy(), column.cpu().numpy()
    # A NaN or +inf comes first. What is -inf is hidden, or broken: then all scores are looked at.
    if not np.isfinite(values).all() and not torch.isfinite(whole).all():
        raise not_finite_error("scores", platform)
    order = np.lexsort((columns, -values), axis=1)
    return np.take_along_axis(columns, order, 1), np.take_along_axis(values, order, 1)
