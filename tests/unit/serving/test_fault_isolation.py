from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from polars.exceptions import PanicException

from plait.serving.fault_isolation import run_isolated, run_isolated_in, unwrap_result


def divided(asked: Sequence[int]) -> list[float | Exception]:
    return [1 / one for one in asked]


@pytest.mark.parametrize("poison", [[5], [0, 63], [7, 8, 9], list(range(64)), []])
def test_a_fault_stays_with_its_call(poison: list[int]) -> None:
    asked = [0 if n in poison else n + 1 for n in range(64)]
    for n, result in enumerate(run_isolated(divided, asked)):
        if n in poison:
            assert isinstance(result, ZeroDivisionError)
        else:
            assert result == 1 / asked[n]
    assert run_isolated(divided, []) == []


def test_one_poisonous_call_costs_few_batches_and_what_fails_for_all_is_given_up() -> None:
    sizes: list[int] = []

    def work(asked: Sequence[int]) -> list[float | Exception]:
        sizes.append(len(asked))
        return divided(asked)

    run_isolated(work, [1] * 40 + [0] + [1] * 23)
    assert sum(sizes) <= 3 * 64
    sizes.clear()
    assert len(run_isolated(work, [0] * 64, timeout_s=-1)) == 64
    assert sizes == [64]


def test_each_caller_of_a_batch_gets_its_own() -> None:
    with ThreadPoolExecutor(1) as pool:
        one, two = asyncio.run(run_isolated_in(pool, divided, [2, 0]))
    assert unwrap_result(one) == 0.5
    with pytest.raises(ZeroDivisionError):
        unwrap_result(two)


def test_a_panic_is_an_error_of_its_call_alone() -> None:
    def work(asked: Sequence[int]) -> list[float | Exception]:
        if 0 in asked:
            raise PanicException("not implemented: dtype")
        return divided(asked)

    with ThreadPoolExecutor(1) as pool:
        one, two = asyncio.run(run_isolated_in(pool, work, [2, 0]))
    assert unwrap_result(one) == 0.5
    with pytest.raises(RuntimeError, match="panic: not implemented"):
        unwrap_result(two)


def test_what_is_no_fault_of_a_call_ends_the_work() -> None:
    def work(asked: Sequence[int]) -> list[float | Exception]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_isolated(work, [1, 2])
