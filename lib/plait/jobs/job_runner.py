"""What all jobs share: the option for the project file, error output and exit codes."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable

from plait.errors import PlaitError

CONFIG_VARIABLE = "PLAIT_CONFIG"


def new_job_parser(what: str) -> ArgumentParser:
    """Returns a parser with --config. Options must not be abbreviated, so typos are errors."""
    parser = ArgumentParser(description=what, allow_abbrev=False)
    default = os.environ.get(CONFIG_VARIABLE) or "plait.yaml"
    parser.add_argument(
        "-c",
        "--config",
        default=default,
        help=f"The project file. Default: ${CONFIG_VARIABLE}, else plait.yaml. "
        "Example: -c shop.yaml",
    )
    return parser


def run_job(work: Callable[[], str]) -> int:
    """Prints what `work` returns, or the message of its error. Returns the exit code."""
    try:
        said = work()
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{said}\n")
    return 0
