"""Fuses a project's logs into a store version. `plait fuse` is the same."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from plait.engine.open_engine import EngineName
from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the job's argument parser."""
    parser = new_job_parser("Fuses a project's logs into a store version.")
    parser.add_argument(
        "--full", action="store_true", help="Read all files again, not only the new ones."
    )
    parser.add_argument(
        "--engine",
        type=EngineName,
        choices=list(EngineName),
        default=EngineName.local,
        help="The engine: local (Polars on this machine), or spark, with the master of "
        "spark-submit. Default: local. Example: --engine spark",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuses and prints the published version as JSON. Returns the exit code."""
    given = parser().parse_args(arguments)

    def work() -> str:
        from plait.engine.open_engine import open_engine
        from plait.fusion.fuse_logs import fuse

        with open_engine(given.engine) as engine:
            version = fuse(given.config, engine=engine, full=given.full)
        return json.dumps({"version": version.number, "run": version.run, **version.counts})

    return run_job(work)


if __name__ == "__main__":
    sys.exit(main())
