"""How large the images are, beside what they may be."""

from __future__ import annotations

from collections.abc import Mapping

from containers import run, size

BUDGET_MB = {"spark": 3000, "ray": 3000}
LARGEST = 6

_PARTS = "cd /opt/plait/env/lib/python3*/site-packages && du -sm * /usr/lib/jvm/* | sort -rn | head"


def report(images: Mapping[str, str]) -> None:
    """Prints each image's size, its budget and its largest parts.

    Raises:
        SystemExit: one is larger than its budget.
    """
    over = []
    print(f"{'image':<34}{'MB':>6}{'budget':>8}  largest parts, MB")
    for name, image in images.items():
        megabytes, budget = size(image), BUDGET_MB[name]
        found = run(image, "sh", "-c", _PARTS).splitlines()[:LARGEST]
        parts = (line.split("\t") for line in found)
        named = ", ".join(f"{path.rsplit('/', 1)[-1]} {mb}" for mb, path in parts)
        print(f"{image:<34}{megabytes:>6}{budget:>8}  {named}")
        if megabytes > budget:
            over.append(f"{image} is {megabytes} MB, {megabytes - budget} over its budget.")
    if over:
        raise SystemExit(
            "\n".join(
                [*over, "Trim it (infra/images/*/trim.txt), or raise BUDGET_MB with a reason."]
            )
        )
