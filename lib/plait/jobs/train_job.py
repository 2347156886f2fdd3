"""Trains a project's model. `plait train` is the same."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the arguments it knows."""
    parser = new_job_parser("Trains a project's model.")
    parser.add_argument("--workers", default="1", help="processes that share every batch, MIN:MAX")
    parser.add_argument("--family", help="neural, item_item or popularity")
    parser.add_argument("--split", choices=("loo", "time", "none"), help="what is held out")
    parser.add_argument("--cut", help="time split: where the test targets begin, ISO 8601")
    parser.add_argument("--refit", action="store_true", help="train on everything")
    parser.add_argument(
        "--platform", action="append", default=[], help="let it see only this one; may be repeated"
    )
    parser.add_argument("--epochs", type=int, help="most passes; default: by data size")
    parser.add_argument("--seed", type=int, help="of everything random")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--max-failures", type=int, default=0, help="workers it may lose; -1: any")
    parser.add_argument(
        "--checkpoint-every", type=float, default=60.0, help="seconds between checkpoints"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, prints the published version as JSON."""
    given = parser().parse_args(arguments)

    def work() -> str:
        from plait.training.train_model import train

        result = train(
            given.config,
            workers=given.workers,
            refit=given.refit,
            platforms=given.platform,
            resume=given.resume,
            max_failures=given.max_failures,
            checkpoint_every=given.checkpoint_every,
            family=given.family,
            split=given.split,
            cut=given.cut,
            epochs=given.epochs,
            seed=given.seed,
        )
        return json.dumps(result.as_json())

    return run_job(work)


if __name__ == "__main__":
    sys.exit(main())
