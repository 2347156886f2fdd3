"""Writes everyone's lists as Parquet, every night."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the job's argument parser."""
    parser = new_job_parser("Writes everyone's lists as Parquet.")
    parser.add_argument(
        "--out",
        required=True,
        help="Folder or s3:// address for the part-*.parquet files. Example: --out "
        "s3://bucket/lists",
    )
    parser.add_argument(
        "--platform",
        action="append",
        help="The platform whose items to recommend; may be repeated. Default: all platforms. "
        "Example: --platform shop",
    )
    parser.add_argument(
        "-k",
        type=int,
        default=10,
        help="Items per person and platform. Unit: items. Default: 10. Example: -k 20",
    )
    parser.add_argument(
        "--version",
        help="The model version to use. Default: the alias current. Example: --version v3",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the lists and prints a summary as JSON. Returns the exit code."""
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
