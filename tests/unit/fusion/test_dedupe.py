"""One event, once, whatever the order in which its rows are found."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import polars as pl
import pytest

from plait.fusion.dedupe import dedupe

TIME = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("content", [None, "c"])
def test_of_equal_rows_the_finest_time_stays(content: str | None) -> None:
    for resolutions in permutations(["s", "us", "day"]):
        rows = pl.DataFrame(
            {
                "who": [1] * 3, "event_id": ["a:1"] * 3, "platform": ["a"] * 3, "time": [TIME] * 3,
                "order": [None] * 3, "content": [content] * 3, "time_resolution": resolutions,
            },
            schema_overrides={"order": pl.Int64, "content": pl.String},
        )  # fmt: skip
        kept, counts = dedupe(rows)
        assert kept["time_resolution"].to_list() == ["us"]
        assert counts.rows() == [("a", "duplicates", 2)]
