import numpy as np

from plait.features.index_pairs import IndexPairs


def test_pairs_are_distinct_and_ordered():
    pairs = IndexPairs.of(np.array([2, 0, 2, 0]), np.array([5, 1, 5, 0]))
    assert pairs.row.tolist() == [0, 0, 2]
    assert pairs.column.tolist() == [0, 1, 5]


def test_a_part_counts_rows_from_its_first():
    pairs = IndexPairs.of(np.array([0, 1, 3, 4]), np.array([9, 8, 7, 6]))
    part = pairs.slice_rows(1, 4)
    assert part.row.tolist() == [0, 2]
    assert part.column.tolist() == [8, 7]


def test_union():
    one, two = (IndexPairs.of(np.array(r), np.array(c)) for r, c in (([0], [1]), ([0, 1], [1, 2])))
    assert one.union(two).column.tolist() == [1, 2]


def test_rows_are_taken_in_any_order_and_counted_anew():
    pairs = IndexPairs.of(np.array([0, 1, 1, 3]), np.array([9, 8, 7, 6]))
    taken = pairs.take([3, 2, 1, 1])
    assert taken.row.tolist() == [0, 2, 2, 3, 3]
    assert taken.column.tolist() == [6, 7, 8, 7, 8]
    assert len(pairs.take([])) == len(IndexPairs.none().take([0, 1])) == 0


def test_difference():
    one = IndexPairs.of(np.array([0, 0, 1]), np.array([1, 2, 1]))
    two = IndexPairs.of(np.array([0, 1, 5]), np.array([1, 2, 1]))
    left = one.minus(two)
    assert (left.row.tolist(), left.column.tolist()) == ([0, 1], [2, 1])
    assert len(one.minus(one)) == 0
    assert len(one.minus(IndexPairs.none())) == len(one)
    assert len(IndexPairs.none().minus(one)) == 0
