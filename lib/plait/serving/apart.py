"""A batch whose work fails is done again call by call, so that a fault stays with its call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Asked = TypeVar("Asked")
Result = TypeVar("Result")


def work_apart(
    work: Callable[[Sequence[Asked]], Sequence[Result | Exception]], asked: Sequence[Asked]
) -> list[Result | Exception]:
    """Returns a result or an error for each of `asked`.

    Args:
        work: does all at once; doing a part again must change nothing that the first time kept.
        asked: what the calls ask.
    """
    try:
        return list(work(asked))
    except Exception as error:
        if len(asked) == 1:
            return [error]
    return [result for one in asked for result in work_apart(work, [one])]
