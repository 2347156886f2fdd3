"""Evaluates a model version: what a cluster submits. `plait evaluate` is the same."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from plait.errors import PlaitError
from plait.evaluation.run import evaluate


def main() -> int:
    """Reads the arguments, evaluates, prints the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default="plait.yaml", help="the project file")
    parser.add_argument(
        "--protocol", default="loo-999", help="loo-999, loo-full, loo-full-unmasked or time"
    )
    parser.add_argument("--version", help="default: the alias current")
    parser.add_argument("--against", help="compare with another VERSION, MODEL or MODEL:VERSION")
    parser.add_argument("--seed", type=int, default=0, help="of the negatives and the bootstrap")
    parser.add_argument("--dump", type=Path, help="a Parquet file for the rank of every target")
    given = parser.parse_args()
    try:
        report = evaluate(
            given.config,
            given.protocol,
            given.version,
            against=given.against,
            seed=given.seed,
            dump=given.dump,
        )
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(report.json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
