"""Where tables go: the terminal's width, or 110 columns into a pipe or a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPED = 110


def terminal() -> Console:
    """Returns the console of standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED, highlight=False)
