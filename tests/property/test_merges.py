"""A merge of partials gives the same however they were cut, ordered, and merged before.

Spark merges partials of a task, then of several tasks, then of all; so does a run with much data
on one machine. What the road merges must not notice.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.fusion.row_counts import ROW_COUNTS, merge_counts
from plait.fusion.stages.resolve_people import merge_seen_accounts
from plait.items.item_table import merge_item_counts

Merge = Callable[[pl.DataFrame], pl.DataFrame]

_ids = st.sampled_from(["a", "b", "c"])
_counts = st.tuples(st.sampled_from(["shop", "video"]), _ids, st.integers(-3, 9))
_seen = st.tuples(
    _ids, st.just("shop"), st.sampled_from([None, "h1", "h2"]), st.sampled_from([0, 1])
)
_when = st.sampled_from([None, 5, 7])
_items = st.tuples(_ids, st.just("shop"), st.integers(1, 9), st.integers(1, 9), _when, _when)
SEEN = {"account": pl.String, "platform": pl.String, "home": pl.String, "bucket": pl.Int64}
ITEMS = {
    "item": pl.String, "platform": pl.String, "events": pl.Int64, "people": pl.Int64,
    "first_time": pl.Int64, "last_time": pl.Int64,
}  # fmt: skip
KINDS = {
    "counts": (merge_counts, _counts, ROW_COUNTS),
    "seen": (merge_seen_accounts, _seen, SEEN),
    "items": (merge_item_counts, _items, ITEMS),
}


@st.composite
def _cut(draw: st.DrawFn) -> tuple[Merge, pl.DataFrame, list[pl.DataFrame]]:
    """A merge, partials of one kind, and the same ones shuffled and cut in pieces."""
    merge, rows, schema = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    whole = draw(st.lists(rows, min_size=1, max_size=12))
    mixed = draw(st.permutations(whole))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=3)))
    pieces = [mixed[a:b] for a, b in pairwise([0, *cuts, len(mixed)])]
    frames = [pl.DataFrame(part, schema=schema, orient="row") for part in pieces]
    return merge, pl.DataFrame(whole, schema=schema, orient="row"), frames


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(sorted(frame.columns)).sort(pl.all())


@settings(deadline=None)
@given(_cut())
def test_partials_can_be_cut_and_merged_in_any_way(
    case: tuple[Merge, pl.DataFrame, list[pl.DataFrame]],
) -> None:
    merge, whole, pieces = case
    once = merge(whole)
    merged = [merge(piece).select(whole.columns) for piece in pieces]
    twice = merge(pl.concat([*merged[1:], merged[0]]))
    assert _sorted(twice).equals(_sorted(once))
    assert _sorted(merge(once.select(whole.columns))).equals(_sorted(once))
