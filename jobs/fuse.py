"""Fuses a project's logs into a store version: what a cluster submits. `plait fuse` is the same."""

from __future__ import annotations

import argparse
import json
import sys

from plait.errors import PlaitError
from plait.fusion.run import fuse


def main() -> int:
    """Reads the arguments, fuses, prints the published version as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default="plait.yaml", help="the project file")
    parser.add_argument("--full", action="store_true", help="read all files, not only new ones")
    given = parser.parse_args()
    try:
        version = fuse(given.config, full=given.full)
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    record = {"version": version.number, "run": version.run, **version.counts}
    sys.stdout.write(json.dumps(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
