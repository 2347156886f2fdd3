import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plait.evaluation.fractional_rank import rank_among, rank_among_all
from plait.evaluation.ranking_metrics import compute_ranking_metrics, confusion_at_k, ndcg

# Few distinct values, so that ties are common.
SCORES = st.lists(st.integers(-2, 2), min_size=1, max_size=30)


@given(st.integers(-2, 2), SCORES)
def test_the_rank_lies_between_the_best_and_the_worst_place(own: int, others: list[int]):
    rank = rank_among(np.float32([own]), np.float32([others]))[0]
    order = sorted([*others, own], reverse=True)
    best = order.index(own) + 1
    worst = len(order) - order[::-1].index(own)
    assert rank == (best + worst) / 2


@given(SCORES, st.data())
def test_hiding_is_leaving_out(scores: list[int], data: st.DataObject):
    target = data.draw(st.integers(0, len(scores) - 1))
    hidden = data.draw(st.sets(st.integers(0, len(scores) - 1)))
    others = [s for j, s in enumerate(scores) if j not in hidden and j != target]
    column = np.array(sorted(hidden), np.int64)
    found = rank_among_all(
        np.float32([scores]), np.array([target]), np.zeros(len(column), np.int64), column
    )
    assert found[0] == rank_among(np.float32([scores[target]]), np.float32([others]))[0]


@given(st.integers(1, 100), st.integers(0, 100))
def test_metrics_stay_in_bounds_and_fall_with_the_rank(rank: int, more: int):
    ranks = np.array([float(rank), float(rank + more)])
    for values in (*compute_ranking_metrics(ranks).values(), ndcg(ranks, 3)):
        assert (values >= 0).all()
        assert (values <= 1).all()
        assert values[0] >= values[1]
    for values in confusion_at_k(ranks, np.full(2, 200.0), 10).values():
        assert values[0] >= values[1] >= 0
