"""Pods of a running job are killed, and memory runs out: the result is the same, or nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.logs import write_logs
from tests.s3 import Bucket

from .kubectl import environment, get, kubectl, wait_until
from .parity import assert_as_local
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
        write_logs(logs.parent, part, rows=30_000)
    files = sorted(logs.parent.glob("*-[2-5].csv"))
    return [storage.put(f"raw/{file.name}", file.read_bytes()) for file in files]


def test_an_executor_is_killed_in_the_middle_of_fuse(
    more_logs: list[str],
    logs: Path,
    storage: Bucket,
    shell: dict[str, str],
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: Steps,
) -> None:
    with steps.step("an executor is killed in the middle of fuse"):
        submitted = Submitted(shell, "fuse", "--workers", "1", "--run", f"hit-{uuid4().hex[:6]}")
        wait_until(lambda: _running("spark-role=executor"), 180, "an executor runs")
        _kill(_running("spark-role=executor")[0])
        submitted.record()
    assert_as_local(desk, logs, storage, shell, monkeypatch)


def test_a_worker_is_killed_in_the_middle_of_train(
    shell: dict[str, str], desk: Path, storage: Bucket, steps: Steps
) -> None:
    settings = ("--epochs", "3", "--seed", "5", "--max-failures", "3", "--checkpoint-every", "1")
    with steps.step("a worker is killed in the middle of train"):
        run = f"hit-{uuid4().hex[:6]}"
        submitted = Submitted(shell, "train", "--workers", "2", "--run", run, *settings)
        wait_until(lambda: storage.keys("store/runs/default/"), 240, "the run has begun")
        wait_until(
            lambda: [key for key in storage.keys("store/runs/") if key.endswith(".safetensors")],
            120, "there is a checkpoint",
        )  # fmt: skip
        pods = _running("ray.io/group=workers,ray.io/node-type=worker")
        _kill(next(pod for pod in pods if pod.startswith(f"plait-train-{run}")))
        submitted.record()
    _, hit, _ = plait("models", "-c", str(desk / "plait.yaml"), "--json", env=shell)
    _, alone, _ = plait(
        "train",
        "-c",
        str(desk / "plait.yaml"),
        "--json",
        "--quiet",
        "--workers",
        "2",
        *settings[:4],
        env=shell,
    )
    curve = json.loads(hit)[-1]["metrics"]["loss_curve"]
    assert curve == pytest.approx(json.loads(alone)["metrics"]["loss_curve"], abs=1e-4)


def test_the_driver_runs_out_of_memory(
    shell: dict[str, str], desk: Path, storage: Bucket, steps: Steps
) -> None:
    before = storage.keys("store/versions/")
    values = ("-f", "helm/plait/profiles/laptop.yaml", "-f", "my.yaml")
    small = subprocess.run(
        ["helm", "template", "plait", "helm/plait", "-n", "plait", *values, "--show-only",
         "templates/templates.yaml", "--set", "fuse.driver.memoryOverhead=1m", "--set-string",
         # A heap that is there from the start; Python no longer fits beside it.
         r"fuse.sparkConf.spark\.driver\.extraJavaOptions=-Xms340m -XX:+AlwaysPreTouch"],
        cwd=desk, env=environment() | shell, text=True, capture_output=True, check=True,
    ).stdout  # fmt: skip
    (desk / "small.yaml").write_text(small)
    with steps.step("the driver runs out of memory") as remarks:
        submitted = Submitted(
            shell,
            "fuse",
            "--full",
            "--templates",
            str(desk / "small.yaml"),
            "--driver-memory",
            "480Mi",
        )
        out, err = submitted.process.communicate(timeout=300)
        assert submitted.process.returncode == 1, out + err
        remarks.append(f"exit code 1: {json.loads(out)['why']}")
    assert "ran out of memory" in out
    assert "--driver-memory" in out
    assert storage.keys("store/versions/") == before
