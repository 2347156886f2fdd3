"""Steady load through the Service while everything under it is changed or killed."""

from __future__ import annotations

import time
from pathlib import Path

from .document import Document
from .kubectl import kubectl, wait_until
from .load import Load
from .served import Served, plait
from .steps import Steps

SECONDS = 60
ACCOUNTS = [f"u{n}" for n in range(100)]


def _delete_worker(served: Served) -> None:
    (worker,) = served.pods("worker")
    served.delete_pod(worker)
    wait_until(lambda: served.pods("worker") not in ([], [worker]), 120, "a new worker runs")


def test_a_worker_pod_is_deleted(steps: Steps) -> None:
    _under_load(steps, "a serving worker pod is deleted", _delete_worker)


def test_the_alias_moves(desk: Path, shell: dict[str, str], steps: Steps) -> None:
    project = ("-c", str(desk / "plait.yaml"))
    plait("train", *project, "--epochs", "1", "--quiet", env=shell)

    def move(served: Served) -> None:
        for verb in (["promote", "v2"], ["models", "rollback"]):
            plait(*verb, *project, env=shell)
            time.sleep(8)

    load = _under_load(steps, "the alias is promoted and rolled back", move)
    assert set(load.models) == {"v1", "v2"}


def test_live_state_restarts(steps: Steps) -> None:
    def restart(served: Served) -> None:
        kubectl("delete", "pod", "plait-live-state-0", "-n", "plait")
        kubectl(
            "wait", "pod/plait-live-state-0", "-n", "plait", "--for=condition=Ready",
            "--timeout=90s",
        )  # fmt: skip

    _under_load(steps, "live state's Valkey restarts", restart)


def test_a_new_image(operations: Document, desk: Path, shell: dict[str, str], steps: Steps) -> None:
    def upgrade(served: Served) -> None:
        before = served.service()["status"]["activeServiceStatus"]["rayClusterName"]
        operations.run("Another image", desk, shell)

        def moved() -> bool:
            active = served.service()["status"]["activeServiceStatus"]["rayClusterName"]
            return active != before and before not in "".join(served.pods("worker"))

        wait_until(moved, 120, "the new cluster serves and the old one is gone")

    _under_load(steps, "the RayService gets a new image (NewCluster)", upgrade)


def _under_load(steps: Steps, what: str, change: object) -> Load:
    served = Served()
    served.wait_until_ready()
    assert callable(change)
    with steps.step(f"under load: {what}") as remarks:
        until = time.monotonic() + SECONDS
        with Load(served.url, served.key, "shop", ACCOUNTS) as load:
            time.sleep(5)
            change(served)
            time.sleep(max(5.0, until - time.monotonic()))
        remarks.append(load.summary())
    assert load.calls > SECONDS
    assert not load.failed, load.failed[:10]
    return load
