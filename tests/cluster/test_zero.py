"""Without requests there is no replica; the next request brings one."""

from __future__ import annotations

import time
from pathlib import Path

import yaml

from .document import Document
from .kubectl import kubectl, wait_until
from .served import Served
from .steps import Steps


def _replicas(served: Served) -> int:
    """Returns the number of replicas, in any state, as Ray Serve tells it."""
    heads = served.pods("head")
    assert len(heads) == 1, heads  # two, while a new cluster takes over
    told = kubectl("exec", heads[0], "-n", "plait", "-c", "ray-head", "--", "serve", "status")
    deployments = yaml.safe_load(told)["applications"]["plait"]["deployments"]
    return sum(deployments["plait"]["replica_states"].values())


def test_zero_and_back(
    operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    served = Served()
    served.wait_until_ready()
    assert _replicas(served) > 0
    with steps.step("no requests: to zero replicas"):
        operations.run("Scale", desk, shell)
        wait_until(lambda: _replicas(served) == 0, 240, "there is no replica")
    with steps.step("the request that wakes a replica") as remarks:
        began = time.monotonic()
        # By now everybody has had every item of these logs.
        assert len(served.recommend("u7", seen="allow", timeout=240)["items"]) == 5
        remarks.append(f"answered after {time.monotonic() - began:.1f} s")
    assert _replicas(served) > 0
