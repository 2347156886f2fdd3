"""Says a number of things in words."""

from __future__ import annotations


def say_count(n: int, thing: str, things: str = "") -> str:
    """Returns '1 file' or '2,000 files'.

    Args:
        n: the number.
        thing: the word for one.
        things: the word for several. Default: `thing` and an s.
    """
    return f"{n:,} {thing if n == 1 else things or f'{thing}s'}"
