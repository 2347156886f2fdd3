from __future__ import annotations

from typing import Any

import pytest

from plait.cluster.diagnose.pending_reasons import (
    PendingReason,
    UnrecoverableCause,
    diagnose_pending,
)
from plait.cluster.follow.follow_run import FollowTimeouts

NODE = {
    "metadata": {"name": "node"},
    "spec": {},
    "status": {"allocatable": {"cpu": "2", "memory": "24Gi"}},
}
FULL = (
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No "
    "preemption victims found for incoming pod."
)
NEVER = (
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 "
    "Preemption is not helpful for scheduling."
)


def pod(cpu: str = "1", message: str = "", waiting: dict[str, str] | None = None) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu, "memory": "1Gi"}}
    status: dict[str, Any] = {"phase": "Pending"}
    if message:
        entry = {"type": "PodScheduled", "status": "False", "message": message}
        status["conditions"] = [entry]
    if waiting:
        entry = {"name": "main", "image": "plait:9", "state": {"waiting": waiting}}
        status["containerStatuses"] = [entry]
    return {
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "main", "resources": resources}]},
        "status": status,
    }


def event(reason: str, message: str, kind: str = "RayCluster", name: str = "c") -> dict[str, Any]:
    involved = {"kind": kind, "name": name}
    return {"type": "Warning", "reason": reason, "message": message, "involvedObject": involved}


def only(
    pods: list[dict[str, Any]],
    events: list[dict[str, Any]] | None = None,
    nodes: list[dict[str, Any]] | None = None,
) -> PendingReason:
    (reason,) = diagnose_pending(pods, events or [], nodes)
    return reason


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_is_not_there_is_an_obstacle(reason: str) -> None:
    pulled = event("Failed", 'Failed to pull image "plait:9": manifest unknown', "Pod", "p")
    said = only([pod(waiting={"reason": reason, "message": "back-off"})], [pulled])
    assert said.cause is UnrecoverableCause.IMAGE
    assert "Image 'plait:9' cannot be pulled" in said.sentence
    assert "--image" in said.fix


def test_back_off_says_what_pulling_failed_with() -> None:
    fault = 'failed to resolve reference "h/plait:9": h/plait:9: not found'
    wrapped = f'Failed to pull image "plait:9": failed to pull and unpack image "plait:9": {fault}'
    said = only(
        [pod(waiting={"reason": "ImagePullBackOff", "message": "Back-off pulling"})],
        [
            event("Failed", wrapped, "Pod", "p"),
            event("Failed", "Error: ImagePullBackOff", "Pod", "p"),
        ],
    )
    assert said.sentence == "Image 'plait:9' cannot be pulled: h/plait:9: not found."


def test_an_image_that_is_never_pulled_says_so() -> None:
    assert "never" in only([pod(waiting={"reason": "ErrImageNeverPull"})]).sentence.lower()


def test_more_than_the_largest_node_has_wants_another_node() -> None:
    said = only([pod("64", NEVER)], nodes=[NODE])
    assert said.cause is UnrecoverableCause.SCHEDULING
    assert said.sentence == "Pod p asks for CPUs: 64, and the largest node has 2."


def test_nodes_that_are_full_are_worth_waiting_for() -> None:
    for nodes in ([NODE], None):
        said = only([pod("1", FULL)], nodes=nodes)
        assert said.cause is None
        assert "waits for room" in said.sentence


def test_without_the_right_to_read_nodes_the_scheduler_is_believed() -> None:
    assert only([pod("64", NEVER)], nodes=None).cause is UnrecoverableCause.SCHEDULING


def test_a_node_that_is_being_added_is_waited_for() -> None:
    growing = event("TriggeredScaleUp", "pod triggered scale-up", "Pod", "p")
    assert only([pod("64", NEVER)], [growing], [NODE]).cause is None


def quota(requested: str, used: str, limited: str) -> dict[str, Any]:
    text = f'pods "x" is forbidden: exceeded quota: small, requested: {requested}, used: {used}, '
    return event("FailedToCreateHeadPod", f"{text}limited: {limited}")


def test_a_quota_below_one_pod_is_an_obstacle_and_a_full_one_is_not() -> None:
    never = quota("cpu=2,memory=1Gi", "cpu=0,memory=0", "cpu=1,memory=4Gi")
    said = only([], [never])
    assert said.cause is UnrecoverableCause.REFUSED
    assert "cpu 2 of 1" in said.sentence
    full = only([], [quota("cpu=1", "cpu=2", "cpu=2")])
    assert full.cause is None
    assert "waiting for room" in full.sentence


def test_what_the_namespace_forbids_is_an_obstacle() -> None:
    message = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged (...)'
    assert only([], [event("FailedToCreateHeadPod", message)]).cause is UnrecoverableCause.REFUSED
    missing = 'error looking up service account ns/spark: serviceaccount "spark" not found'
    assert only([], [event("FailedCreate", missing, "Job")]).cause is UnrecoverableCause.REFUSED


def test_a_missing_secret_is_an_obstacle_and_named() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}
    said = only([pod(waiting=waiting)])
    assert said.cause is UnrecoverableCause.REFUSED
    assert 'secret "keys" not found' in said.sentence


def test_the_same_reason_of_many_pods_is_said_once_and_the_worst_first() -> None:
    waiting = {"reason": "ErrImageNeverPull"}
    found = diagnose_pending(
        [pod("1", FULL), pod(waiting=waiting), pod(waiting=waiting)], [], [NODE]
    )
    assert [reason.cause for reason in found] == [UnrecoverableCause.IMAGE, None]


def test_a_pod_that_has_ended_waits_for_nothing() -> None:
    ended = pod("64", NEVER)
    ended["status"]["phase"] = "Succeeded"
    assert diagnose_pending([ended], [], [NODE]) == []


def test_a_node_pool_at_zero_is_given_minutes_and_the_rest_seconds() -> None:
    assert FollowTimeouts().for_cause(UnrecoverableCause.SCHEDULING) == 600
    assert (
        FollowTimeouts().for_cause(UnrecoverableCause.IMAGE)
        == FollowTimeouts().for_cause(UnrecoverableCause.REFUSED)
        == 30
    )
    assert FollowTimeouts(scheduling=1200).for_cause(UnrecoverableCause.SCHEDULING) == 1200


def test_a_gpu_that_no_node_has_wants_another_node() -> None:
    wants = pod("1", NEVER)
    wants["spec"]["containers"][0]["resources"]["limits"] = {"nvidia.com/gpu": "1"}
    said = only([wants], nodes=[NODE])
    assert said.cause is UnrecoverableCause.SCHEDULING
    assert said.sentence == "Pod p asks for GPUs: 1, and the largest node has 0."
