"""Writes everyone's lists as Parquet, every night."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the arguments it knows."""
    parser = new_job_parser("Writes everyone's lists as Parquet.")
    parser.add_argument("--out", required=True, help="folder or s3:// for part-*.parquet")
    parser.add_argument("--platform", action="append", help="may be repeated; default: all")
    parser.add_argument("-k", type=int, default=10, help="items a person and platform")
    parser.add_argument("--version", help="default: the alias current")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the lists, prints what was written as JSON."""
    given = parser().parse_args(arguments)

    def work() -> str:
        from plait.recommend.offline_lists import recommend_everyone

        written = recommend_everyone(
            given.config, given.out, platforms=given.platform, k=given.k, version=given.version
        )
        return json.dumps(asdict(written))

    return run_job(work)


if __name__ == "__main__":
    sys.exit(main())
