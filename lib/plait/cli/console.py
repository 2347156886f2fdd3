"""Options that all verbs share, and the console that prints tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console


PIPED_WIDTH = 110


def output_console() -> Console:
    """Returns the console of standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)


ConfigOption = Annotated[
    Path,
    typer.Option(
        "-c", "--config", help="The project file. Example: -c shop.yaml", show_default=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs to read.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
DEFAULT_CONFIG = Path("plait.yaml")
