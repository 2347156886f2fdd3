"""Agreement of partitions, compared with counting all pairs and with scikit-learn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import pair_confusion_matrix

from plait.identity.report.partition_agreement import PartitionAgreement, compare_partitions

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


def _compare(rows: list[tuple[int, int]]) -> PartitionAgreement:
    return compare_partitions(pl.DataFrame(rows, schema=["found", "true"], orient="row"))


@given(LABELS)
@settings(deadline=None, max_examples=30)
def test_pairs_are_those_that_are_counted_one_by_one(rows: list[tuple[int, int]]) -> None:
    pairs = list(combinations(rows, 2))
    found = sum(a[0] == b[0] for a, b in pairs)
    true = sum(a[1] == b[1] for a, b in pairs)
    both = sum(a == b for a, b in pairs)
    got = _compare(rows)
    assert (got.pairs_found, got.pairs_true, got.pairs_both) == (found, true, both)
    assert got.pairwise.precision == (both / found if found else 1.0)
    assert got.pairwise.recall == (both / true if true else 1.0)
    assert 0 <= got.pairwise.f1 <= 1


@given(LABELS)
@settings(deadline=None, max_examples=30)
def test_b_cubed_is_the_mean_over_accounts(rows: list[tuple[int, int]]) -> None:
    shares = []
    for found, true in rows:
        mine = [row for row in rows if row[0] == found]
        ours = [row for row in rows if row[1] == true]
        both = rows.count((found, true))
        shares.append((both / len(mine), both / len(ours)))
    precision, recall = np.mean(shares, axis=0)
    got = _compare(rows).b_cubed
    assert (got.precision, got.recall) == (pytest.approx(precision), pytest.approx(recall))


def test_the_counts_and_the_rand_index_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    for groups in (1, 5, 60, 300):
        rows = list(map(tuple, rng.integers(0, groups, (300, 2)).tolist()))
        found, true = zip(*rows, strict=True)
        got = _compare(rows)
        (_, joined), (missed, both) = pair_confusion_matrix(true, found) // 2
        assert (got.pairs_both, got.pairs_found, got.pairs_true) == (
            both,
            both + joined,
            both + missed,
        )
        assert got.adjusted_rand == pytest.approx(adjusted_rand_score(true, found))


def test_equal_partitions_agree_whatever_the_names() -> None:
    got = _compare([(0, 9), (0, 9), (1, 7), (2, 5)])
    assert (got.pairwise.f1, got.b_cubed.f1, got.adjusted_rand) == (1.0, 1.0, 1.0)


def test_no_accounts_agree() -> None:
    got = compare_partitions(pl.DataFrame(schema={"found": pl.String, "true": pl.String}))
    assert (got.accounts, got.pairwise.f1, got.b_cubed.f1, got.adjusted_rand) == (0, 1.0, 1.0, 1.0)
