"""From scores to the rank of the target: 1 + strictly better + half of the ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def rank_of(target: Scores, others: Scores) -> npt.NDArray[np.float64]:
    """Returns the rank of each target among `others`, [B].

    Args:
        target: score of each target, [B].
        others: scores of its negatives, [B, K].
    """
    better = (others > target[:, None]).sum(1)
    equal = (others == target[:, None]).sum(1)
    return np.asarray(1.0 + better + 0.5 * equal)


def rank_among_all(
    scores: Scores, target: Indices, hidden_row: Indices, hidden_column: Indices
) -> npt.NDArray[np.float64]:
    """Returns the rank of each target among all columns but the hidden ones, [B].

    Args:
        scores: [B, N].
        target: column of each target, [B]. It is never hidden from itself.
        hidden_row: rows of the pairs left out, [P]; no pair stands twice.
        hidden_column: columns of the pairs left out, [P].
    """
    rows = np.arange(len(target))
    own = scores[rows, target]
    all_of_them = rank_of(own, scores) - 0.5  # the target ties with itself
    other = hidden_column != target[hidden_row]
    row, column = hidden_row[other], hidden_column[other]
    value, against = scores[row, column], own[row]
    taken = (value > against) + 0.5 * (value == against)
    return np.asarray(all_of_them - np.bincount(row, taken, minlength=len(target)))
