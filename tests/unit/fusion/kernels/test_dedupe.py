"""One event, once, whatever the order in which its rows are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import polars as pl
import pytest

from plait.fusion.kernels.dedupe import dedupe

TIME = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("content", [None, "c"])
def test_of_equal_rows_the_finest_time_stays(content: str | None) -> None:
    for resolutions in permutations(["s", "us", "day"]):
        rows = pl.DataFrame(
            {
                "who": [1] * 3, "stamped": [None] * 3,
                "event_id": ["a:1"] * 3, "platform": ["a"] * 3, "time": [TIME] * 3,
                "order": [None] * 3, "content": [content] * 3, "time_resolution": resolutions,
            },
            schema_overrides={
                "order": pl.Int64, "content": pl.String, "stamped": pl.Datetime("us", "UTC"),
            },
        )  # fmt: skip
        kept, counts = dedupe(rows)
        assert kept["time_resolution"].to_list() == ["us"]
        assert counts.rows() == [("a", "duplicates", 2)]


@pytest.mark.parametrize("content", [None, "c"])
def test_of_equal_rows_received_at_different_times_the_first_stays(content: str | None) -> None:
    said = TIME + timedelta(hours=5)
    times = [(TIME, said), (TIME + timedelta(hours=1), said), (said, None)]
    for order in permutations(times):
        rows = pl.DataFrame(
            {
                "who": [1] * 4, "event_id": ["a"] * 3 + ["b"], "platform": ["p"] * 4,
                "time": [*(time for time, _ in order), said],
                "stamped": [*(stamp for _, stamp in order), None],
                "order": [None] * 4, "content": [content] * 3 + [None],
            },
            schema_overrides={"order": pl.Int64, "content": pl.String},
        )  # fmt: skip
        kept, counts = dedupe(rows)
        assert kept.select("event_id", "time").rows() == [("a", TIME), ("b", said)]
        assert counts.rows() == [("p", "duplicates", 2)]


@pytest.mark.parametrize("content", [[None] * 3, ["c"] * 3, ["c", "d", "e"]])
def test_what_stays_names_the_latest_answer_that_any_row_names(content: list[str | None]) -> None:
    for answers in permutations(["r_1", None, "r_2"]):
        rows = pl.DataFrame(
            {
                "who": [1] * 4, "event_id": ["a"] * 3 + ["b"], "platform": ["p"] * 4,
                "time": [TIME] * 4, "stamped": [None] * 4, "order": [None] * 4,
                "content": [*content, None], "recommendation_id": [*answers, None],
            },
            schema_overrides={
                "order": pl.Int64, "content": pl.String, "stamped": pl.Datetime("us", "UTC"),
            },
        )  # fmt: skip
        kept, _ = dedupe(rows)
        assert kept.select("event_id", "recommendation_id").rows() == [("a", "r_2"), ("b", None)]
