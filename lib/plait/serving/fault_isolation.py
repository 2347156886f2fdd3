"""A batch whose work fails is done again in halves, so that a fault stays with its call."""

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

RETRY_LIMIT_S = 2.0  # what fails for longer than this fails for all who wait


def run_isolated(
    work: BatchFunction[InputT, ResultT], asked: Sequence[InputT], patience_s: float = RETRY_LIMIT_S
) -> list[ResultT | Exception]:
    """Returns a result or an error for each of `asked`.

    Args:
        work: does all at once; doing a part again must change nothing that the first time kept.
        asked: what the calls ask.
        patience_s: after it, what has failed is not done again in parts.
    """
    return _run_bisected(work, asked, time.monotonic() + patience_s)


def _run_bisected(
    work: BatchFunction[InputT, ResultT], asked: Sequence[InputT], until: float
) -> list[ResultT | Exception]:
    try:
        return list(work(asked))
    # A panic of Polars is no Exception: nobody above catches it, and the callers would wait for
    # ever.
    except (Exception, PanicException) as error:
        fault = error if isinstance(error, Exception) else RuntimeError(f"panic: {error}")
        fault = fault.with_traceback(error.__traceback__)
        if len(asked) < 2 or time.monotonic() > until:
            return [fault] * len(asked)
    middle = len(asked) // 2
    return [
        *_run_bisected(work, asked[:middle], until),
        *_run_bisected(work, asked[middle:], until),
    ]


async def run_isolated_in(
    pool: Executor, work: BatchFunction[InputT, ResultT], asked: Sequence[InputT]
) -> list[tuple[ResultT | Exception]]:
    """Returns what `run_isolated` does, in `pool`; wrapped: an error is one caller's alone."""
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(pool, lambda: run_isolated(work, asked))
    return [(result,) for result in results]


def unwrap_result(wrapped: tuple[Any]) -> Any:
    """Returns the one result, or raises the error that it is."""
    (result,) = wrapped
    if isinstance(result, Exception):
        raise result
    return result
