"""Interrupted, cut off, and asked twice: one job, one result."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from plait.cluster.client.connect_cluster import connect_cluster
from plait.cluster.client.watch_resource import ResourceSeen, watch_resource
from plait.cluster.cluster_verbs import RAY_JOB

from .kubectl import environment, wait_until
from .steps import Steps
from .submitting import Desk, desk, end, interrupt, restart_api_server

LINES = [f"line {i}" for i in range(12)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk("once", tmp_path_factory.mktemp("submit")) as made:
        yield made


def test_interrupted_cut_off_and_repeated_it_is_one_job_with_one_result(
    place: Desk, steps: Steps
) -> None:
    with steps.step("one job: Ctrl-C, API server killed, asked twice"):
        first = place.begin("submit", "train")
        job = wait_until(place.jobs, 30, "a job is there")[0]["metadata"]["name"]
        second = place.begin("submit", "train", "--output", "json")
        wait_until(lambda: place.jobs()[0].get("status"), 60, "KubeRay has seen it")
        time.sleep(3)
        interrupt(first)
        left = end(first)
        assert left.code == 130
        assert f"plait logs {job} -n {place.namespace} -f" in left.err

        restart_api_server()
        third = place.begin("logs", "-f", job)
        followed, met = end(second), end(third)
        assert (followed.code, met.code) == (0, 0), (followed, met)
        assert followed.record["name"] == job
        assert followed.record["met"] is True
        assert followed.record["result"] == {"version": 3}
        # Whatever was cut off on the way, each line came once and none was lost.
        assert followed.err.splitlines() == [*LINES, '{"version": 3}']
        assert met.out.splitlines() == [*LINES, '{"version": 3}']
        assert [entry["metadata"]["name"] for entry in place.jobs()] == [job]


def test_one_that_ended_is_followed_by_the_next_and_may_be_cancelled(place: Desk) -> None:
    begun = place.plait("submit", "train", "--detach", "--output", "json").record
    again = place.plait("submit", "train", "--detach", "--output", "json").record
    assert begun["name"].endswith("-2")
    assert (again["name"], begun["met"], again["met"]) == (begun["name"], False, True)
    assert place.plait("cancel", begun["name"]).code == 0

    def cancelled() -> bool:
        listed = json.loads(place.plait("status", "--output", "json").out)["runs"]
        return next(r for r in listed if r["name"] == begun["name"])["state"] == "cancelled"

    wait_until(cancelled, 60, "it is cancelled")
    assert place.plait("logs", "-f", begun["name"]).code == 5


def test_a_run_of_ones_own_is_made_once_by_whoever_comes_first(place: Desk) -> None:
    asked = ("submit", "train", "--run", "once", "--detach", "--output", "json")
    answers = [end(command).record for command in [place.begin(*asked) for _ in range(3)]]
    assert {answer["name"] for answer in answers} == {"demo-train-once"}
    assert sorted(answer["met"] for answer in answers) == [False, True, True]
    other = place.plait("submit", "train", "--epochs", "9", *asked[2:-2])
    assert "was submitted with other settings" in other.err
    job = next(j for j in place.jobs() if j["metadata"]["name"] == "demo-train-once")
    assert "--epochs" not in job["spec"]["entrypoint"]
    place.plait("cancel", "demo-train-once", "--delete")


def test_a_watch_that_is_too_late_lists_anew(place: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resource version 1 is long forgotten: the API server answers 410."""
    monkeypatch.setenv("KUBECONFIG", environment()["KUBECONFIG"])
    api = connect_cluster(namespace=place.namespace)
    job = place.jobs()[0]["metadata"]
    path = api.resource_path(RAY_JOB)
    with api.stream(path, watch="true", resourceVersion="1", timeoutSeconds=5) as lines:
        assert json.loads(next(lines))["object"]["code"] == 410
    seen = watch_resource(api, path, job["name"], threading.Event(), since="1")
    (first,) = islice(seen, 1)
    assert isinstance(first, ResourceSeen)
    assert first.resource is not None
    assert first.resource["metadata"]["uid"] == job["uid"]
