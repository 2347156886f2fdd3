from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.fusion.kernels import sort_history as module
from plait.fusion.kernels.sort_history import HISTORY_ORDER, sort_history

FIRST, LAST = datetime(1990, 1, 1), datetime(2030, 1, 1)
times = st.none() | st.sampled_from([FIRST, LAST]) | st.datetimes(FIRST, LAST)
rows = st.tuples(
    st.sampled_from([None, 0, 1, 2, 4_000_000_000]), times, st.none() | st.integers(-1, 1),
    st.sampled_from("abc"), st.integers(0, 2),
)  # fmt: skip


def _frame(found: list[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"who": pl.UInt32, "time": pl.Datetime("us"), "order": pl.Int64, "event_id": pl.String}
    return pl.DataFrame(found, schema=schema | {"rank": pl.Int64}, orient="row")


@pytest.mark.parametrize("largest", [2**62, 2**35])  # the numbers of events tell less and less
@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=12))
def test_it_is_the_sort_by_all_columns(largest: int, found: list[tuple[object, ...]]) -> None:
    frame = _frame(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LARGEST_KEY", largest)
        ordered = sort_history(frame, [pl.col("rank")])
    assert ordered.equals(frame.sort(*HISTORY_ORDER, "rank", nulls_last=False))
