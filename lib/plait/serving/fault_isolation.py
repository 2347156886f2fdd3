"""Repeats a failed batch in halves, so that only the call at fault gets the error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from polars.exceptions import PanicException

InputT = TypeVar("InputT")
ResultT = TypeVar("ResultT")
BatchFunction = Callable[[Sequence[InputT]], Sequence[ResultT | Exception]]

RETRY_LIMIT_S = 2.0  # after this, a failure is the error of every call in the batch


def run_isolated(
    work: BatchFunction[InputT, ResultT], inputs: Sequence[InputT], timeout_s: float = RETRY_LIMIT_S
) -> list[ResultT | Exception]:
    """Returns a result or an error for each of `inputs`.

    Args:
        work: processes a whole batch. It must be idempotent: a part may be processed again.
        inputs: one per call.
        timeout_s: after this time, a failed batch is not repeated in halves.
    """
    return _run_bisected(work, inputs, time.monotonic() + timeout_s)


def _run_bisected(
    work: BatchFunction[InputT, ResultT], inputs: Sequence[InputT], until: float
) -> list[ResultT | Exception]:
    try:
        return list(work(inputs))
    # A panic of Polars is not an Exception: nothing above catches it, and callers would wait
    # without end.
    except (Exception, PanicException) as error:
        fault = error if isinstance(error, Exception) else RuntimeError(f"panic: {error}")
        fault = fault.with_traceback(error.__traceback__)
        if len(inputs) < 2 or time.monotonic() > until:
            return [fault] * len(inputs)
    middle = len(inputs) // 2
    return [
        *_run_bisected(work, inputs[:middle], until),
        *_run_bisected(work, inputs[middle:], until),
    ]


async def run_isolated_in(
    pool: Executor, work: BatchFunction[InputT, ResultT], inputs: Sequence[InputT]
) -> list[tuple[ResultT | Exception]]:
    """Runs `run_isolated` in `pool`. Each result is wrapped, so only its caller gets an error."""
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(pool, lambda: run_isolated(work, inputs))
    return [(result,) for result in results]


def unwrap_result(wrapped: tuple[Any]) -> Any:
    """Returns the wrapped result, or raises it if it is an error."""
    (result,) = wrapped
    if isinstance(result, Exception):
        raise result
    return result
