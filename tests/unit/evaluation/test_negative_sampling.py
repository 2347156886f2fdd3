import numpy as np
import polars as pl

from plait.evaluation.negative_sampling import hash_items, sample_negatives, sampling_keys

ITEMS = pl.Series([f"shop:{i}" for i in range(500)])
NOTHING = np.zeros(0, np.int64)


def keys_of(people: int, seed: int = 0) -> np.ndarray:
    target = hash_items(pl.Series([f"shop:t{i}" for i in range(people)]))
    return sampling_keys(target, NOTHING, np.zeros(0, np.uint64), seed)


def test_the_hash_of_an_id_never_changes():
    assert hash_items(pl.Series(["beauty:B0019LVFI0"])).tolist() == [8220168219421817211]


def test_draws_distinct_unseen_items():
    seen_row, seen_column = np.array([0] * 300 + [1]), np.array([*range(300), 7])
    chosen, real = sample_negatives(keys_of(2), hash_items(ITEMS), seen_row, seen_column, 99)
    assert chosen.shape == (2, 99)
    assert real.all()
    assert len(set(chosen[0])) == 99
    assert chosen[0].min() >= 300
    assert 7 not in chosen[1]


def test_fewer_are_real_where_nearly_all_was_seen():
    seen = np.arange(495)
    chosen, real = sample_negatives(keys_of(1), hash_items(ITEMS), 0 * seen, seen, 999)
    assert real.sum() == 5
    assert sorted(chosen[real]) == [495, 496, 497, 498, 499]


def test_the_same_items_are_drawn_whatever_their_order_and_place():
    shuffled = ITEMS.sample(fraction=1.0, shuffle=True, seed=3)
    first, _ = sample_negatives(keys_of(3), hash_items(ITEMS), NOTHING, NOTHING, 50)
    second, _ = sample_negatives(keys_of(3), hash_items(shuffled), NOTHING, NOTHING, 50)
    for a, b in zip(first, second, strict=True):
        assert set(ITEMS.gather(a)) == set(shuffled.gather(b))


def test_seeds_targets_and_histories_draw_apart():
    first, _ = sample_negatives(keys_of(2), hash_items(ITEMS), NOTHING, NOTHING, 50)
    other, _ = sample_negatives(keys_of(2, seed=1), hash_items(ITEMS), NOTHING, NOTHING, 50)
    assert set(first[0]) != set(first[1])
    assert set(first[0]) != set(other[0])
    target = hash_items(pl.Series(["shop:t0"]))
    rows = np.zeros(2, np.int64)
    one = sampling_keys(target, rows, hash_items(ITEMS[:2]), 0)
    assert one != keys_of(1)
    assert one == sampling_keys(target, rows, hash_items(ITEMS[:2].reverse()), 0)


def test_negatives_are_uniform():
    chosen, _ = sample_negatives(keys_of(4000), hash_items(ITEMS), NOTHING, NOTHING, 50)
    counts = np.bincount(chosen.ravel(), minlength=500)
    expected = 4000 * 50 / 500
    chi2 = ((counts - expected) ** 2 / (expected * (1 - 50 / 500))).sum()
    assert abs(chi2 - 499) < 5 * np.sqrt(2 * 499)
