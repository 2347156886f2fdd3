from __future__ import annotations

from collections.abc import Sequence

import pytest

from plait.serving.apart import work_apart


def test_a_fault_stays_with_its_call() -> None:
    def work(asked: Sequence[int]) -> list[float | Exception]:
        return [1 / one for one in asked]

    good = work_apart(work, [1, 2, 4])
    assert good == [1, 0.5, 0.25]
    mixed = work_apart(work, [1, 0, 4])
    assert [mixed[0], mixed[2]] == [1, 0.25]
    assert isinstance(mixed[1], ZeroDivisionError)
    assert work_apart(work, []) == []


def test_what_is_no_fault_of_a_call_ends_the_work() -> None:
    def work(asked: Sequence[int]) -> list[float | Exception]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_apart(work, [1, 2])
