"""Trains a project's model: what a cluster submits. `plait train` is the same."""

from __future__ import annotations

import argparse
import json
import sys

from plait.errors import PlaitError
from plait.training.run import train


def main() -> int:
    """Reads the arguments, trains, prints the published version as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default="plait.yaml", help="the project file")
    parser.add_argument("--workers", default="1", help="processes that share every batch, MIN:MAX")
    parser.add_argument("--split", choices=("loo", "time", "none"), help="what is held out")
    parser.add_argument("--refit", action="store_true", help="train on everything")
    parser.add_argument("--epochs", type=int, help="most passes; default: by data size")
    parser.add_argument("--seed", type=int, help="of everything random")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--max-failures", type=int, default=0, help="workers it may lose; -1: any")
    given = parser.parse_args()
    try:
        result = train(
            given.config,
            workers=given.workers,
            refit=given.refit,
            resume=given.resume,
            max_failures=given.max_failures,
            split=given.split,
            epochs=given.epochs,
            seed=given.seed,
        )
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(result.as_json()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
