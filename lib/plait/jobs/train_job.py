"""Trains a project's model. `plait train` is the same."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from plait.jobs.job_runner import new_job_parser, run_job


def parser() -> argparse.ArgumentParser:
    """Returns the job's argument parser."""
    parser = new_job_parser("Trains a project's model.")
    parser.add_argument(
        "--workers",
        default="1",
        help="Processes that split every batch, a number or a range. Unit: processes. "
        "Default: 1. Example: --workers 2:4",
    )
    parser.add_argument(
        "--family",
        help="The model family: neural, item_item or popularity. Default: train.family of "
        "the project file. Example: --family item_item",
    )
    parser.add_argument(
        "--split",
        choices=("loo", "time", "none"),
        help="What is held out. Default: train.split of the project file. Example: --split time",
    )
    parser.add_argument(
        "--cut",
        help="With --split time, where the test targets begin, ISO 8601, UTC. Default: "
        "train.cut of the project file, else the last tenth of the log. Example: --cut "
        "2024-06-01",
    )
    parser.add_argument(
        "--refit",
        action="store_true",
        help="Hold out nothing, and train for as many epochs as an earlier version.",
    )
    parser.add_argument(
        "--platform",
        action="append",
        default=[],
        help="Train only on this platform; may be repeated. Default: all platforms. "
        "Example: --platform shop",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        help="The largest number of epochs. Unit: epochs. Default: train.epochs of the "
        "project file. Example: --epochs 12",
    )
    parser.add_argument(
        "--seed",
        type=int,
        help="Seed of everything random. Unit: none. Default: train.seed of the project "
        "file. Example: --seed 7",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="Continue from the last checkpoint of an unfinished run.",
    )
    parser.add_argument(
        "--max-failures",
        type=int,
        default=0,
        help="How often the run may lose workers before it fails; -1 means no limit. "
        "Unit: losses. Default: 0. Example: --max-failures 3",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=float,
        default=60.0,
        help="Time between checkpoints, in addition to one after each epoch. Unit: seconds. "
        "Default: 60. Example: --checkpoint-every 300",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and prints the published version as JSON. Returns the exit code."""
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
