"""Item-item similarity: the cosine of the columns of the binary person-item matrix.

Sarwar et al., Item-based collaborative filtering (WWW 2001). The score of an item is the sum of
its similarities to a person's chosen items, each weighted by its recency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from plait.features.history import History

RECENCY_DECAY = 0.85  # factor on the weight of a choice per step back from the newest
_MAX_PRODUCTS = 4_000_000  # products formed at once; bounds memory on large catalogues


def cosine_neighbours(history: History, items: int, keep: int | None = None) -> sparse.csr_array:
    """Returns the cosine similarity of items, [items, items], float32, zero diagonal.

    Args:
        history: encoded histories of B people, N events.
        items: number of rows and columns, one more than the largest item index.
        keep: neighbours kept per item: the most similar, and among equals those with the
            smaller index; None keeps all.
    """
    people = len(history.offsets) - 1
    chosen = _person_item_matrix(history, np.ones(len(history.item), np.float32), people, items)
    chosen.data[:] = 1.0  # binary: repeats do not count
    popularity = np.asarray(chosen.sum(axis=0)).ravel()
    norm = np.sqrt(np.maximum(popularity, 1.0)).astype(np.float32)
    by_item = chosen.T.tocsr()
    products = by_item @ np.diff(chosen.indptr).astype(np.float64)
    parts = [
        _neighbours_of(by_item, chosen, first, last, norm, keep)
        for first, last in _chunks(products)
    ]
    return sparse.csr_array(sparse.vstack(parts, format="csr"))


def item_item_scores(
    history: History, neighbours: sparse.csr_array, decay: float = RECENCY_DECAY
) -> sparse.csr_array:
    """Returns each item's similarity to each history, sparse [B, items], float32.

    A choice k steps back from the newest weighs `decay` ** k.
    """
    people = len(history.offsets) - 1
    weights = recency_weights(history.offsets, decay)
    return _person_item_matrix(history, weights, people, neighbours.shape[0]) @ neighbours


def recency_weights(
    offsets: npt.NDArray[np.int64], decay: float = RECENCY_DECAY
) -> npt.NDArray[np.float32]:
    """Returns `decay` ** k of every event, [N]; k counts back from its history's newest event."""
    lengths = np.diff(offsets)
    back = np.repeat(offsets[1:], lengths) - 1 - np.arange(offsets[0], offsets[-1])
    return np.power(np.float32(decay), back, dtype=np.float32)


def _person_item_matrix(
    history: History, values: npt.NDArray[np.float32], people: int, items: int
) -> sparse.csr_array:
    """Returns the sparse matrix [people, items]; values of equal pairs are added."""
    rows = np.repeat(np.arange(people), np.diff(history.offsets))
    matrix = sparse.coo_array((values, (rows, history.item)), shape=(people, items)).tocsr()
    matrix.sum_duplicates()
    return matrix


def _chunks(products: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Returns row ranges with at most _MAX_PRODUCTS products each, or with a single row."""
    total = np.cumsum(products)
    ranges, first = [], 0
    while first < len(total):
        done = total[first - 1] if first else 0.0
        last = max(first + 1, int(np.searchsorted(total, done + _MAX_PRODUCTS, side="right")))
        ranges.append((first, last))
        first = last
    return ranges


def _neighbours_of(
    by_item: sparse.csr_array,
    chosen: sparse.csr_array,
    first: int,
    last: int,
    norm: npt.NDArray[np.float32],
    keep: int | None,
) -> sparse.csr_array:
    """Returns the rows from `first` up to but not including `last` of the similarity matrix."""
    together = (by_item[first:last] @ chosen).tocoo()
    row, column = together.coords
    other = row + first != column
    row, column = row[other], column[other]
    value = together.data[other] / (norm[row + first] * norm[column])
    if keep is not None:
        order = np.lexsort((column, -value, row))
        row, column, value = row[order], column[order], value[order]
        starts = np.searchsorted(row, np.arange(last - first))
        kept = np.arange(len(row)) - starts[row] < keep
        row, column, value = row[kept], column[kept], value[kept]
    shape = (last - first, len(norm))
    matrix = sparse.coo_array((value.astype(np.float32), (row, column)), shape=shape).tocsr()
    matrix.sort_indices()
    return matrix
