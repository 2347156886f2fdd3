"""Metrics of one target among candidates, as pure functions of its rank.

A rank is 1 + the candidates with a strictly better score + half of those that tie with the
target, so it may end in .5. A hit at k is rank <= k. Gains are computed at the fractional rank,
so a tie counts as a place between its best and its worst, and a constant scorer gains nothing.
With one target the ideal DCG is 1, so NDCG@k is the target's own gain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from plait.errors import NotFinite

Floats = npt.NDArray[np.float64]
CUTOFFS = (5, 10)


def hit_rate(ranks: Floats, k: int) -> Floats:
    """Returns 1 where the target is in the top k, [M]. Its mean is HR@k (and recall@k)."""
    return (ranks <= k).astype(np.float64)


def ndcg(ranks: Floats, k: int) -> Floats:
    """Returns 1 / log2(1 + rank) where rank <= k, else 0, [M]. Its mean is NDCG@k."""
    return np.where(ranks <= k, 1.0 / np.log2(1.0 + ranks), 0.0)


def reciprocal_rank(ranks: Floats) -> Floats:
    """Returns 1 / rank, untruncated, [M]. Its mean is MRR."""
    return 1.0 / ranks


def compute_ranking_metrics(ranks: Floats) -> dict[str, Floats]:
    """Returns hr@5, hr@10, ndcg@10 and mrr of every target, each [M].

    Raises:
        NotFinite: a rank is not finite or is below 1.
    """
    _check_ranks(ranks)
    return {
        **{f"hr@{k}": hit_rate(ranks, k) for k in CUTOFFS},
        **{f"ndcg@{k}": ndcg(ranks, k) for k in CUTOFFS[-1:]},
        "mrr": reciprocal_rank(ranks),
    }


def confusion_at_k(ranks: Floats, candidates: Floats, k: int) -> dict[str, Floats]:
    """Returns accuracy, precision, recall and F1 with the top k as predicted positives, each [M].

    Of a target's n candidates one is positive. TP is a hit, FP = k - TP, FN = 1 - TP and TN is
    the rest. Accuracy is (TP + TN) / n. Compare it with 1 - 1 / n, the accuracy of predicting
    no positive. With fewer than k candidates, all of them are predicted positive.

    Args:
        ranks: ranks of the targets, [M].
        candidates: number of candidates of each target, itself included, [M].
        k: the number of predicted positives.

    Raises:
        NotFinite: a rank is not finite or is below 1.
    """
    _check_ranks(ranks)
    predicted = np.minimum(k, candidates)
    found = hit_rate(ranks, k)
    negatives_right = candidates - predicted - (1.0 - found)
    return {
        f"accuracy@{k}": (found + negatives_right) / candidates,
        f"precision@{k}": found / predicted,
        f"recall@{k}": found,
        f"f1@{k}": 2.0 * found / (predicted + 1.0),
    }


def _check_ranks(ranks: Floats) -> None:
    if not (np.isfinite(ranks) & (ranks >= 1.0)).all():
        raise NotFinite("there are ranks that are not finite or are below 1.")
