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
from .pods import is_back, uid
from .served import Served, plait
from .steps import Steps

SECONDS = 60  # of load, at least
PER_SECOND = 10.0


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """Load that goes on through all tests of this file."""
    served = Served()
    served.wait_until_ready()
    began = time.monotonic()
    with Load(served.url, served.key, per_second=PER_SECOND) as running:
        yield running
        time.sleep(max(0.0, SECONDS - (time.monotonic() - began)))
    seconds = time.monotonic() - began
    assert running.counts.answered > PER_SECOND * seconds / 2, running.counts.summary()
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
        wait_until(lambda: served.pods("worker") not in ([], [worker]), 120, "a new worker runs")
        served.wait_until_ready()


def test_the_alias_moves(load: Load, desk: Path, shell: dict[str, str], steps: Steps) -> None:
    before = load.counts
    with _during(load, steps, "the alias is promoted and rolled back"):
        for verb in (["promote", "v2"], ["models", "rollback"]):
            plait(*verb, "-c", str(desk / "plait.yaml"), env=shell)
            time.sleep(8)
    assert set(load.counts.since(before).models) == {"v1", "v2"}


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
