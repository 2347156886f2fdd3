"""Step 2, filters: which items a list must leave out.

A filter returns the (row, column) pairs to leave out, each an index array [P]. Pairs may repeat.
A filter reads the request and the candidates and changes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from plait.features.likes_and_dislikes import Dislikes
from plait.recommend.list_request import Candidates, IndexArray, ItemColumns, ListRequest

ExcludedPairs = tuple[IndexArray, IndexArray]
Filter = Callable[[ListRequest, Candidates, ItemColumns], ExcludedPairs]


def exclude_pairs(
    filters: Sequence[Filter], request: ListRequest, candidates: Candidates, columns: ItemColumns
) -> ExcludedPairs:
    """Returns the pairs that any of `filters` leaves out."""
    pairs = [one(request, candidates, columns) for one in filters]
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate([row for row, _ in pairs]), np.concatenate([col for _, col in pairs])


def seen_items(request: ListRequest, _: Candidates, columns: ItemColumns) -> ExcludedPairs:
    """Leaves out the items of a person's history where `exclude_seen` is set."""
    history = request.history
    column, rows = columns.of_indices(history.item, request.platform), history.rows
    seen = request.exclude_seen[rows] & (column >= 0)
    return rows[seen], column[seen]


def items_seen_earlier(request: ListRequest, _: Candidates, columns: ItemColumns) -> ExcludedPairs:
    """Leaves out the items from before the history begins where `exclude_seen` is set."""
    rows = request.earlier.row
    column = columns.of_indices(request.earlier.column, request.platform)
    seen = request.exclude_seen[rows] & (column >= 0)
    return rows[seen], column[seen]


def named_items(request: ListRequest, _: Candidates, columns: ItemColumns) -> ExcludedPairs:
    """Leaves out the item ids in the request's `exclude`."""
    row, column = columns.of_ids(request.exclude, request.platform)
    known = column >= 0
    return row[known], column[known]


def disliked_items(request: ListRequest, _: Candidates, columns: ItemColumns) -> ExcludedPairs:
    """Leaves out items whose latest opinion in the person's history is a dislike."""
    dislikes = Dislikes.of(request.history)
    column = columns.of_indices(dislikes.item, request.platform)
    own = column >= 0
    return dislikes.row[own], column[own]
