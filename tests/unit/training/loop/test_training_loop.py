"""When a run is validated."""

from __future__ import annotations

import pytest

from plait.training.loop.training_loop import _should_validate


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (1, [1]),
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),
        (9, [4, 6, 7, 8, 9]),
        (20, [4, 8, 12, 13, 14, 15, 16, 17, 18, 19, 20]),
    ],
)
def test_a_long_run_skips_most_early_epochs(last: int, expected: list[int]) -> None:
    assert [epoch for epoch in range(1, last + 1) if _should_validate(epoch, last)] == expected
