"""Pods of a running job are killed, and memory runs out: the result is the same, or nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faults.logs import write_logs
from tests.s3 import Bucket

from .kubectl import environment, get, kubectl, wait_until
from .served import plait
from .steps import Steps


class Submitted:
    """A `plait submit` that runs beside the test."""

    def __init__(self, shell: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            ["plait", "submit", *arguments, "-n", "plait", "--output", "json"],
            env=environment() | shell, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def record(self) -> Any:
        """Returns what it printed when it had succeeded."""
        out, err = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, f"{out}\n{err}"
        return json.loads(out)


def _running(selector: str) -> list[str]:
    found = get("pods", "-n", "plait", "-l", selector)["items"]
    return [pod["metadata"]["name"] for pod in found if pod["status"]["phase"] == "Running"]


def _kill(pod: str) -> None:
    kubectl("delete", "pod", pod, "-n", "plait", "--grace-period=0", "--force")


@pytest.fixture
def more_logs(logs: Path, storage: Bucket) -> list[str]:
    """New files in the bucket, enough that fuse is still at it when it is hit."""
    for part in range(2, 6):
        write_logs(logs.parent, part, rows=40_000)
    added = []
    for file in sorted(logs.parent.glob("*-[2-5].csv")):
        added.append(storage.put(f"raw/{file.name}", file.read_bytes()))
    return added


def test_an_executor_is_killed_in_the_middle_of_fuse(
    more_logs: list[str], shell: dict[str, str], desk: Path, storage: Bucket, steps: Steps
) -> None:
    with steps.step("an executor is killed in the middle of fuse"):
        submitted = Submitted(shell, "fuse", "--workers", "1")
        wait_until(lambda: _running("spark-role=executor"), 180, "an executor runs")
        wait_until(lambda: storage.keys("store/tables/events/"), 60, "there is a table")
        (executor,) = _running("spark-role=executor")
        _kill(executor)
        submitted.record()
    code, out, err = plait(
        "versions", "list", "-c", str(desk / "plait.yaml"), "--json", env=shell, check=False
    )
    assert code == 0, out + err
    assert len(json.loads(out)["versions"]) == 2
