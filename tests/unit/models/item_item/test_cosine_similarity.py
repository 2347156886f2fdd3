import numpy as np
import pytest
from scipy import sparse

from plait.features.history import History
from plait.models.item_item import cosine_similarity
from plait.models.item_item.cosine_similarity import (
    cosine_neighbours,
    item_item_scores,
    recency_weights,
)
from plait.models.popularity.event_counts import count_events


def history(*people: list[int]) -> History:
    items = np.array([i for person in people for i in person], np.int32)
    offsets = np.concatenate([[0], np.cumsum([len(p) for p in people])]).astype(np.int64)
    zeros = np.zeros(len(items))
    return History(
        offsets,
        items,
        zeros.astype(np.int16),
        zeros.astype(np.int16),
        zeros.astype(np.int64),
        np.ones(len(items), np.float32),
    )


def brute_cosine(people: list[list[int]], items: int) -> np.ndarray:
    binary = np.zeros((len(people), items))
    for row, chosen in enumerate(people):
        binary[row, chosen] = 1
    norm = np.sqrt(np.maximum(binary.sum(0), 1))
    cosine = binary.T @ binary / norm[:, None] / norm[None, :]
    np.fill_diagonal(cosine, 0)
    return cosine


def random_people(seed: int, people: int = 40, items: int = 30) -> list[list[int]]:
    draws = np.random.default_rng(seed)
    return [draws.integers(1, items, draws.integers(0, 9)).tolist() for _ in range(people)]


@pytest.mark.parametrize("chunk", [1, 50, 4_000_000])
def test_cosine_of_binary_columns_in_any_chunks(chunk: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cosine_similarity, "_MAX_PRODUCTS", chunk)
    people = random_people(0)
    found = cosine_neighbours(history(*people), 30).toarray()
    np.testing.assert_allclose(found, brute_cosine(people, 30), atol=1e-6)


def test_keeps_the_nearest_and_of_equals_the_smaller_index():
    people = [[1, 2], [1, 3], [1, 4], [2, 5]]
    kept = cosine_neighbours(history(*people), 6, keep=1).toarray()
    assert np.count_nonzero(kept[1]) == 1
    assert kept[1, 3] == pytest.approx(1 / np.sqrt(3))  # 3 and 4 tie; 2 is less similar
    assert (np.count_nonzero(kept, axis=1) <= 1).all()


def test_scores_weigh_the_newest_choice_most():
    neighbours = sparse.csr_array(np.eye(5, k=1, dtype=np.float32))
    scores = item_item_scores(history([1, 2, 3], [], [3]), neighbours, decay=0.5).toarray()
    np.testing.assert_allclose(scores[0], [0, 0, 0.25, 0.5, 1.0])
    assert not scores[1].any()
    np.testing.assert_allclose(scores[2], [0, 0, 0, 0, 1.0])


def test_recency_restarts_with_each_person():
    weights = recency_weights(np.array([0, 2, 2, 3]), 0.85)
    np.testing.assert_allclose(weights, [0.85, 1.0, 1.0])


def test_a_part_of_the_histories_scores_like_the_whole():
    people = random_people(1)
    whole = history(*people)
    neighbours = cosine_neighbours(whole, 30)
    scores = item_item_scores(whole, neighbours).toarray()
    np.testing.assert_array_equal(item_item_scores(whole[7:20], neighbours).toarray(), scores[7:20])


def test_popularity_counts_events():
    np.testing.assert_array_equal(count_events(history([1, 1, 3], [3]), 5), [0, 2, 0, 2, 0])
