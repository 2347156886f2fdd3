import os

import numpy as np
import pytest

from plait.errors import NotFinite
from plait.evaluation.fractional_rank import rank_among, rank_among_all
from plait.evaluation.pointwise_metrics import LabelledPairs
from plait.evaluation.ranking_metrics import compute_ranking_metrics, confusion_at_k


def test_metrics_are_those_of_ranx():
    os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # compiling it takes a minute, running does not
    from ranx import Qrels, Run
    from ranx import evaluate as ranx_evaluate

    draws = np.random.default_rng(0)
    scores = draws.permuted(np.tile(np.arange(200.0), (300, 1)), axis=1)
    target = draws.integers(0, 200, 300)
    own = scores[np.arange(300), target]
    ranks = rank_among(own, np.where(np.arange(200) == target[:, None], -1.0, scores))
    qrels = Qrels({f"q{i}": {f"d{target[i]}": 1} for i in range(300)})
    run = Run({f"q{i}": {f"d{j}": scores[i, j] for j in range(200)} for i in range(300)})
    names = {
        "hr@5": "hit_rate@5",
        "hr@10": "hit_rate@10",
        "ndcg@10": "ndcg@10",
        "mrr": "mrr",
        "precision@10": "precision@10",
        "recall@10": "recall@10",
        "f1@10": "f1@10",
    }
    theirs = ranx_evaluate(qrels, run, list(names.values()))
    ours = {**compute_ranking_metrics(ranks), **confusion_at_k(ranks, np.full(300, 200.0), 10)}
    for name, their_name in names.items():
        assert ours[name].mean() == pytest.approx(theirs[their_name], abs=1e-6), name


def test_ties_count_half_and_a_constant_scorer_earns_nothing():
    constant = np.zeros((4, 999), np.float32)
    ranks = rank_among(np.zeros(4, np.float32), constant)
    np.testing.assert_array_equal(ranks, 500.5)
    assert compute_ranking_metrics(ranks)["hr@10"].sum() == 0
    np.testing.assert_array_equal(
        rank_among(np.float32([2.0]), np.float32([[3, 2, 2, 1]])), [1 + 1 + 2 / 2]
    )


def test_ranking_all_leaves_out_the_hidden_but_never_the_target():
    scores = np.float32([[5, 4, 3, 3, 1], [5, 4, 3, 3, 1]])
    hidden_row, hidden_column = np.array([0, 0, 0]), np.array([0, 2, 3])
    ranks = rank_among_all(scores, np.array([2, 2]), hidden_row, hidden_column)
    np.testing.assert_array_equal(ranks, [2.0, 3.5])


def test_ranking_all_is_ranking_among_the_rest():
    draws = np.random.default_rng(1)
    scores = draws.integers(0, 6, (50, 40)).astype(np.float32)
    target = draws.integers(0, 40, 50)
    hide = draws.random((50, 40)) < 0.3
    ranks = rank_among_all(scores, target, *np.nonzero(hide))
    for i in range(50):
        others = [j for j in range(40) if not hide[i, j] and j != target[i]]
        own = scores[i, target[i]]
        expected = 1 + (scores[i, others] > own).sum() + 0.5 * (scores[i, others] == own).sum()
        assert ranks[i] == expected


def test_top_k_is_a_confusion_matrix():
    ranks, candidates = np.array([3.0, 500.0]), np.array([1000.0, 1000.0])
    found = confusion_at_k(ranks, candidates, 10)
    np.testing.assert_allclose(found["accuracy@10"], [(1 + 990) / 1000, (0 + 989) / 1000])
    np.testing.assert_allclose(found["precision@10"], [0.1, 0])
    np.testing.assert_allclose(found["f1@10"], [2 * 0.1 / 1.1, 0])


def test_fewer_candidates_than_k():
    found = confusion_at_k(np.array([2.0]), np.array([4.0]), 10)
    assert found["precision@10"] == 1 / 4
    assert found["accuracy@10"] == 1 / 4  # everything is called positive, one rightly


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_numbers_have_no_rank(value: float):
    good, bad = np.float32([1.0, 2.0]), np.float32([value, 2.0])
    others, worse = np.float32([[0.0, 3.0]] * 2), np.float32([[0.0, value]] * 2)
    for target, negatives in ((bad, others), (good, worse)):
        with pytest.raises(NotFinite):
            rank_among(target, negatives)
    none = np.zeros(0, np.int64)
    with pytest.raises(NotFinite):
        rank_among_all(worse, np.array([0, 0]), none, none)
    for ranks in (np.array([1.0, value]), np.array([0.0])):
        with pytest.raises(NotFinite):
            compute_ranking_metrics(ranks)
        with pytest.raises(NotFinite):
            confusion_at_k(ranks, np.array([9.0]), 10)
    with pytest.raises(NotFinite):
        LabelledPairs(bad.astype(np.float64), np.array([True, False]), np.arange(2))


def test_what_is_no_candidate_takes_no_place():
    real = np.array([[True, False, True]])
    assert rank_among(np.float32([2]), np.float32([[3, 9, 2]]), real)[0] == 2.5
