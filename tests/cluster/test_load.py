"""Steady load through the Service while everything under it is changed or restarted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .document import Document
from .kubectl import kubectl, wait_until
from .load import Counts, Load
from .pods import is_back, is_ready, uid
from .served import Served, plait
from .steps import Steps

SECONDS = 60  # of load, at least


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """Load that goes on through all tests of this file."""
    served = Served()
    served.wait_until_ready()
    began = time.monotonic()
    with Load(served.url, served.key) as running:
        yield running
        time.sleep(max(0.0, SECONDS - (time.monotonic() - began)))
    assert running.counts.answered > time.monotonic() - began, running.counts.summary()
    assert not running.counts.failed


@contextmanager
def _during(load: Load, steps: Steps, what: str) -> Iterator[None]:
    """A change under load; afterwards no call has failed twice."""
    with steps.step(f"under load: {what}") as remarks:
        before = load.counts
        time.sleep(3)
        yield
        time.sleep(5)
        seen: Counts = load.counts.since(before)
        remarks.append(seen.summary())
    assert not seen.failed, seen.failed[:10]


def test_a_worker_pod_is_deleted(load: Load, steps: Steps) -> None:
    served = Served()
    with _during(load, steps, "a serving worker pod is deleted"):
        (worker,) = served.pods("worker")
        served.delete_pod(worker)

        def replaced() -> bool:
            return any(
                is_ready(pod) and pod["metadata"]["name"] != worker
                for pod in served.found("worker")
            )

        wait_until(replaced, 120, "a new worker answers")


def test_the_alias_moves(load: Load, desk: Path, shell: dict[str, str], steps: Steps) -> None:
    before = load.counts
    with _during(load, steps, "the alias is promoted and rolled back"):
        project = ("-c", str(desk / "plait.yaml"))
        plait("promote", "v2", *project, env=shell)
        wait_until(lambda: load.counts.since(before).models["v2"], 60, "v2 answers")
        plait("models", "rollback", *project, env=shell)
        moved = load.counts
        wait_until(lambda: load.counts.since(moved).models["v1"], 60, "v1 answers again")


def test_live_state_restarts(load: Load, steps: Steps) -> None:
    with _during(load, steps, "live state's Valkey restarts"):
        before = uid("plait-live-state-0")
        kubectl("delete", "pod", "plait-live-state-0", "-n", "plait")
        wait_until(lambda: is_back("plait-live-state-0", before), 90, "live state is back")


def test_a_new_image(
    load: Load, operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    served = Served()
    old = served.service()["status"]["activeServiceStatus"]["rayClusterName"]

    def moved() -> bool:
        active = served.service()["status"]["activeServiceStatus"]["rayClusterName"]
        pods = served.found("head") + served.found("worker")
        return active != old and old not in "".join(pod["metadata"]["name"] for pod in pods)

    with _during(load, steps, "the RayService gets a new image (NewCluster)"):
        operations.run("Another image", desk, shell)
        wait_until(moved, 180, "the new cluster serves and the old one is gone")
