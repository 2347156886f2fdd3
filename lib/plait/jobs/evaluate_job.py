"""Evaluates a model version. `plait evaluate` is the same."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the job's argument parser."""
    parser = new_job_parser("Evaluates a model version.")
    parser.add_argument(
        "--protocol",
        default="loo-999",
        help="What is ranked against what: loo-999, loo-full, loo-full-unmasked or time. "
        "Default: loo-999. Example: --protocol loo-full",
    )
    parser.add_argument(
        "--version",
        help="The model version to measure. Default: the alias current. Example: --version v3",
    )
    parser.add_argument(
        "--against",
        help="Compare with another version, model or version of a model, on the same "
        "targets. Default: no comparison. Example: --against other:v2",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="Seed of the negatives and the bootstrap. Unit: none. Default: 0. Example: --seed 7",
    )
    parser.add_argument(
        "--dump",
        type=Path,
        help="Write person, platform, item and rank of every target to this Parquet file. "
        "Default: not written. Example: --dump ranks.parquet",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluates a version and prints the report as JSON. Returns the exit code."""
    given = parser().parse_args(arguments)

    def work() -> str:
        from plait.evaluation.evaluate_model import evaluate

        report = evaluate(
            given.config,
            given.protocol,
            given.version,
            against=given.against,
            seed=given.seed,
            dump=given.dump,
        )
        return report.json()

    return run_job(work)


if __name__ == "__main__":
    sys.exit(main())
