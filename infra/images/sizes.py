"""The sizes of the images and their budgets: `python infra/images/sizes.py IMAGE...`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from containers import run, size

# plait-ray has 1850 since records are compared: DuckDB 66 MB, Splink and its SQL 16.
BUDGET_MB = {"plait-spark": 1500, "plait-ray": 1850}
LARGEST = 6

_PARTS = """
cd /opt/plait/env/lib/python3*/site-packages
du -sm * /usr/lib/jvm/*/ 2>/dev/null | sort -rn
"""


def report(images: Iterable[str]) -> None:
    """Prints each image's size, its budget and its largest parts.

    Raises:
        SystemExit: an image is larger than its budget.
    """
    over = []
    print(f"{'image':<34}{'MB':>6}{'budget':>8}  largest parts, MB")
    for image in images:
        megabytes, budget = size(image), BUDGET_MB[image.rsplit("/", 1)[-1].split(":")[0]]
        print(f"{image:<34}{megabytes:>6}{budget:>8}  {', '.join(_largest(image))}")
        if megabytes > budget:
            over.append(f"{image} is {megabytes} MB, {megabytes - budget} over its budget.")
    if over:
        fix = "Add files to remove to infra/images/*/trim.txt, or raise BUDGET_MB and say why."
        raise SystemExit("\n".join([*over, fix]))


def _largest(image: str) -> list[str]:
    lines = (line.split("\t") for line in run(image, "sh", "-c", _PARTS).splitlines()[:LARGEST])
    return [f"{path.rstrip('/').rsplit('/', 1)[-1]} {megabytes}" for megabytes, path in lines]


if __name__ == "__main__":
    report(sys.argv[1:])
