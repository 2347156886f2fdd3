"""The rank of a target by score: 1 + strictly better candidates + half of the ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plait.errors import NotFinite

ScoreArray = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def check_rankable(scores: ScoreArray, who: str = "a scorer") -> ScoreArray:
    """Returns `scores` if they can be ranked.

    A NaN compares false with every score, so a NaN target would rank first. A score of -inf
    is allowed, for an item that the scorer does not know.

    Args:
        scores: scores of any shape.
        who: the scorer's name in the error message.

    Raises:
        NotFinite: a score is a NaN or +inf.
    """
    if not (scores < np.inf).all():
        raise NotFinite(
            f"{who} gives scores that are NaN or infinite.",
            fix="Train again with a smaller train.learning_rate.",
        )
    return scores


def rank_among(
    target: ScoreArray, others: ScoreArray, real: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """Returns the rank of each target among `others`, [B].

    Args:
        target: score of each target, [B].
        others: scores of each target's negatives, [B, K].
        real: which of the negatives are candidates, [B, K]; default: all.

    Raises:
        NotFinite: a score is a NaN or +inf.
    """
    target, others = check_rankable(target), check_rankable(others)
    better, equal = others > target[:, None], others == target[:, None]
    if real is not None:
        better, equal = better & real, equal & real
    return np.asarray(1.0 + better.sum(1) + 0.5 * equal.sum(1))


def rank_among_all(
    scores: ScoreArray, target: Indices, hidden_row: Indices, hidden_column: Indices
) -> npt.NDArray[np.float64]:
    """Returns the rank of each target among all columns except the hidden ones, [B].

    Args:
        scores: scores of each target's candidates, [B, N].
        target: column of each target, [B]. A hidden pair of its own column is ignored.
        hidden_row: rows of the pairs left out, [P]; each pair occurs once.
        hidden_column: columns of the pairs left out, [P].

    Raises:
        NotFinite: a score is a NaN or +inf.
    """
    rows = np.arange(len(target))
    own = scores[rows, target]
    all_of_them = rank_among(own, scores) - 0.5  # the target ties with itself
    other = hidden_column != target[hidden_row]
    row, column = hidden_row[other], hidden_column[other]
    value, against = scores[row, column], own[row]
    excess = (value > against) + 0.5 * (value == against)
    return np.asarray(all_of_them - np.bincount(row, excess, minlength=len(target)))
