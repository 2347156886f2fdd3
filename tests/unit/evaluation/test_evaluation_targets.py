import numpy as np

from plait.evaluation.evaluation_targets import IndexPairs


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
