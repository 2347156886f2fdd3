"""Fuses a project's logs into a store version: what a cluster submits. `plait fuse` is the same."""

from __future__ import annotations

import argparse
import json
import sys

from plait.engine.choose import EngineName, open_engine
from plait.errors import PlaitError
from plait.fusion.run import fuse


def main() -> int:
    """Reads the arguments, fuses, prints the published version as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default="plait.yaml", help="the project file")
    parser.add_argument("--full", action="store_true", help="read all files, not only new ones")
    parser.add_argument(
        "--engine",
        type=EngineName,
        choices=list(EngineName),
        default=EngineName.local,
        help="what moves the rows: Polars here, or the Spark that spark-submit names",
    )
    given = parser.parse_args()
    try:
        with open_engine(given.engine) as engine:
            version = fuse(given.config, engine=engine, full=given.full)
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    record = {"version": version.number, "run": version.run, **version.counts}
    sys.stdout.write(json.dumps(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
