"""Writes everyone's lists as Parquet: what a cluster submits every night."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from plait.errors import PlaitError
from plait.recommend.batch import recommend_everyone


def main() -> int:
    """Reads the arguments, writes the lists, prints what was written as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default="plait.yaml", help="the project file")
    parser.add_argument("--out", required=True, help="folder or s3:// for part-*.parquet")
    parser.add_argument("--platform", action="append", help="may be repeated; default: all")
    parser.add_argument("-k", type=int, default=10, help="items a person and platform")
    parser.add_argument("--version", help="default: the alias current")
    given = parser.parse_args()
    try:
        written = recommend_everyone(
            given.config, given.out, platforms=given.platform, k=given.k, version=given.version
        )
    except PlaitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(asdict(written)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
