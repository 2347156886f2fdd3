"""Steady load through the Service while everything under it is changed or restarted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from .document import Document
from .kubectl import kubectl, wait_until
from .load import Counts, Load
from .pods import evict, is_back, is_ready, uid
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
        assert "disruption budget" in evict(worker)  # the only one
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


def test_live_state_is_evicted(load: Load, steps: Steps) -> None:
    with _during(load, steps, "live state's Valkey is evicted"):
        before = uid("plait-live-state-0")
        assert evict("plait-live-state-0") == ""
        wait_until(lambda: is_back("plait-live-state-0", before), 90, "live state is back")


def test_a_new_image_and_a_new_platform(
    load: Load, operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    """One upgrade of all that rolls: image, project file, a secret of others, Valkey's memory."""
    served = Served()
    old = served.service()["status"]["activeServiceStatus"]["rayClusterName"]
    before = served.worker_annotations()
    values = yaml.safe_load((desk / "my.yaml").read_text())
    shop = values["project"]["platforms"]["shop"]
    values["project"]["platforms"]["music"] = shop | {"kind": "music"}
    values["liveState"] = {"own": {"maxMemory": "150mb"}}
    (desk / "my.yaml").write_text(yaml.safe_dump(values))
    patch = '{"stringData": {"of": "the team"}}'
    kubectl("patch", "secret", "s3-keys", "-n", "plait", "--type", "merge", "-p", patch)
    assert "music" in _unknown(served)

    def moved() -> bool:
        active = served.service()["status"]["activeServiceStatus"]["rayClusterName"]
        pods = served.found("head") + served.found("worker")
        return active != old and old not in "".join(pod["metadata"]["name"] for pod in pods)

    with _during(load, steps, "another image, platform, secret and maxMemory (NewCluster)"):
        printed = operations.run("What a replica reads once", desk, shell)
        wait_until(moved, 180, "the new cluster serves and the old one is gone")
    after = served.worker_annotations()
    assert [name for name in before if before[name] == after[name]] == []
    assert _unknown(served) == ""
    ask = "import os, redis; r = redis.Redis(password=os.environ['VALKEY_PASSWORD']); "
    ask += "print(r.config_get('maxmemory')['maxmemory'])"
    told = kubectl("exec", "plait-live-state-0", "-n", "plait", "--", "python", "-c", ask)
    assert int(told) == 150 * 1024 * 1024
    # Ray's own Valkey stays as it was, and the notes say what to do.
    assert "kubectl -n plait delete pod plait-gcs-0" in printed


def _unknown(served: Served) -> str:
    """Returns what the endpoint says of a platform it does not know; '' if it knows it."""
    user = {"platform": "music", "id": "u1"}
    with served.client() as client:
        reply = client.post("/v1/recommend", json={"user": user, "platforms": ["shop"]})
    return "" if reply.status_code == httpx.codes.OK else reply.text
