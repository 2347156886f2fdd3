"""Finds out from its containers why a job failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from plait.cluster.cluster_verbs import Resource

_SIGKILL_EXIT = 137  # 128 + SIGKILL
_ERROR_LINE = re.compile(r"[A-Z]\w+: \S")  # the last log line after an error of plait or Python
_JVM_OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
_RAY_OUT_OF_MEMORY = ("OutOfMemoryError", "running low on memory")


def diagnose_failure(
    resource: Resource, pods: Iterable[Resource], lines: Sequence[str]
) -> tuple[str, str]:
    """Returns (what happened, the fix) for a failed run; '' for either if unknown.

    Args:
        resource: the run.
        pods: its pods, oldest first.
        lines: the last lines of its log.
    """
    spark = resource["kind"] == "SparkApplication"
    last = ""
    for pod in reversed(list(pods)):
        role = _pod_role(pod)
        for container in (pod.get("status") or {}).get("containerStatuses") or []:
            ended = _terminated_state(container)
            if not ended:
                continue
            name, code = pod["metadata"]["name"], ended.get("exitCode")
            if ended.get("reason") == "OOMKilled" or (
                code == _SIGKILL_EXIT and role in ("driver", "head")
            ):
                limit = _memory_limit(pod, container["name"])
                how = f"{ended.get('reason')}, exit code {code}"
                how += f", limit {limit}" if limit else ""
                return (
                    f"The {role} ran out of memory (container {container['name']} of pod {name}: "
                    f"{how}).",
                    _memory_fix(role),
                )
            if code and role in ("driver", "submitter"):
                last = last or f"The {role} ended with exit code {code} (pod {name})."
    if any(_JVM_OUT_OF_MEMORY in line for line in lines):
        return (
            "The driver's JVM ran out of memory (java.lang.OutOfMemoryError).",
            _memory_fix("driver"),
        )
    if not spark and any(word in line for line in lines for word in _RAY_OUT_OF_MEMORY):
        return "A Ray worker ran out of memory.", _memory_fix("worker")
    last_line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    if _ERROR_LINE.match(last_line):
        last = f"Its last log line: {last_line}"
    return last, ""


def _terminated_state(container: Resource) -> Resource:
    for state in ("state", "lastState"):
        ended: Resource = (container.get(state) or {}).get("terminated") or {}
        if ended:
            return ended
    return {}


def _pod_role(pod: Resource) -> str:
    labels = pod["metadata"].get("labels") or {}
    if "job-name" in labels:
        return "submitter"
    return str(labels.get("spark-role") or labels.get("ray.io/node-type") or "pod")


def _memory_limit(pod: Resource, name: str) -> str:
    for container in pod["spec"].get("containers") or []:
        if container["name"] == name:
            return str(((container.get("resources") or {}).get("limits") or {}).get("memory", ""))
    return ""


def _memory_fix(role: str) -> str:
    options = {"driver": "--driver-memory", "executor": "--memory", "worker": "--memory"}
    if role in options:
        return f"Submit it again with more: {options[role]} 4Gi, for example."
    return f"Raise the memory of the {role} in the chart's values, and run `helm upgrade`."
