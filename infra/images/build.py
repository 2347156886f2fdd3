"""Builds plait-spark and plait-ray: `make images`.

base ── spark ── plait-spark
     └─ ray ──── plait-ray

plait itself is the last layer of both, and the only one that a change of its code rebuilds.
"""

from __future__ import annotations

import argparse
import time

from closure import HERE, ROOT, pinned
from containers import build, need_docker
from debian import debian
from runtimes import build_runtimes, target_of
from sizes import report
from wheelhouse import fetch, wheel_of_plait


def main() -> None:
    """Builds both images and prints their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", default="localhost", help="prefix of the image names")
    parser.add_argument("--tag", default="dev")
    parser.add_argument("--base", help="Debian image to build on; default: one made by debootstrap")
    given = parser.parse_args()
    started = time.monotonic()
    need_docker()
    base = given.base or debian()
    target = target_of(base)
    runtimes = build_runtimes(base, target)
    context = [ROOT / "jobs", ROOT / "serve", HERE / "install.sh", wheel_of_plait()]
    context += fetch(pinned(["pip"]), target)
    images = []
    for name, runtime in runtimes.items():
        image = f"{given.registry}/plait-{name}:{given.tag}"
        build(image, HERE / "plait" / "Dockerfile", runtime, context)
        images.append(image)
    print(f"built {' and '.join(images)} in {time.monotonic() - started:.0f} s")
    report(images)


if __name__ == "__main__":
    main()
