"""Evaluates a model version. `plait evaluate` is the same."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the arguments it knows."""
    parser = new_job_parser("Evaluates a model version.")
    parser.add_argument(
        "--protocol", default="loo-999", help="loo-999, loo-full, loo-full-unmasked or time"
    )
    parser.add_argument("--version", help="default: the alias current")
    parser.add_argument("--against", help="compare with another VERSION, MODEL or MODEL:VERSION")
    parser.add_argument("--seed", type=int, default=0, help="of the negatives and the bootstrap")
    parser.add_argument("--dump", type=Path, help="a Parquet file for the rank of every target")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluates, prints the report as JSON."""
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
