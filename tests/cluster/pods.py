"""Pods of the release that were killed, and whether they are back."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from .kubectl import environment, get

NAMESPACE = "plait"


def uid(pod: str) -> str:
    """Returns what tells this pod from a later one of the same name."""
    return str(get("pod", pod, "-n", NAMESPACE)["metadata"]["uid"])


def is_back(pod: str, before: str) -> bool:
    """Returns whether a pod of that name is ready which is not the one of uid `before`."""
    found = [p for p in get("pods", "-n", NAMESPACE)["items"] if p["metadata"]["name"] == pod]
    return any(one["metadata"]["uid"] != before and is_ready(one) for one in found)


def is_ready(pod: Any) -> bool:
    """Returns whether it is ready, and not on its way out."""
    conditions = pod["status"].get("conditions", [])
    return "deletionTimestamp" not in pod["metadata"] and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


def restarts(pod: str) -> int:
    """Returns how often containers of that pod were started again."""
    statuses = get("pod", pod, "-n", NAMESPACE)["status"]["containerStatuses"]
    return sum(int(one["restartCount"]) for one in statuses)


def evict(pod: str) -> str:
    """Asks for a pod's eviction, as a drain of its node does; returns why not, or ''."""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction"
    name = {"name": pod, "namespace": NAMESPACE}
    asked = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name}
    done = subprocess.run(
        ["kubectl", "create", "--raw", path, "-f", "-"], input=json.dumps(asked), text=True,
        capture_output=True, env=environment(), check=False, timeout=60,
    )  # fmt: skip
    return done.stderr if done.returncode else ""
