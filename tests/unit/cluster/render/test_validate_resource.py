from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plait.cluster.cluster_verbs import VERBS
from plait.cluster.render.validate_resource import validate, violations
from plait.errors import RuleBroken

Resources = Callable[[str], dict[str, Any]]
RULE = {"policy": "DeleteWorkers", "condition": {"jobStatus": "FAILED", "ttlSeconds": 60}}
LATER = {"policy": "DeleteCluster", "condition": {"jobStatus": "FAILED", "ttlSeconds": 0}}


def test_templates_as_they_are_break_none(resource: Resources) -> None:
    for name, verb in VERBS.items():
        validate(verb, resource(name))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"deletionStrategy": {"deletionRules": [RULE]}}, "exclude each other"),
        ({"shutdownAfterJobFinishes": False, "ttlSecondsAfterFinished": 9}, "ttlSecondsAfter"),
        ({"shutdownAfterJobFinishes": False, "suspend": True}, "suspended job"),
        (
            {"shutdownAfterJobFinishes": False,
             "deletionStrategy": {"deletionRules": [RULE, LATER]}},
            "DeleteCluster (0 s) comes before DeleteWorkers (60 s)",
        ),
        (
            {"shutdownAfterJobFinishes": False, "deletionStrategy": {"deletionRules": [RULE] * 2}},
            "two rules",
        ),
        ({"deletionStrategy": {}}, "needs deletionRules"),
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds is 0"),
        ({"submissionMode": "SidecarMode"}, "submitterPodTemplate is not allowed with"),
        ({"submissionMode": "InteractiveMode", "backoffLimit": 2}, "InteractiveMode"),
        ({"rayClusterSpec": None}, "one of rayClusterSpec and clusterSelector"),
        ({"suspend": True, "clusterSelector": {"ray.io/cluster": "c"}}, "clusterSelector"),
    ],
)  # fmt: skip
def test_a_rule_of_rayjobs_broken_is_one_sentence(
    change: dict[str, Any], says: str, resource: Resources
) -> None:
    template = resource("train")
    template["spec"] |= change
    assert any(says in sentence for sentence in violations(VERBS["train"], template))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minReplicas": 3, "maxReplicas": 2}, "minReplicas 3 above maxReplicas 2"),
        ({"replicas": 5}, "5 replicas, outside of 1 to 1"),
        ({"rayStartParams": {"labels": "a=b"}}, "labels in rayStartParams"),
        ({"template": {"spec": {"containers": []}}}, "has no container"),
    ],
)
def test_a_rule_of_worker_groups_broken_is_one_sentence(
    change: dict[str, Any], says: str, resource: Resources
) -> None:
    template = resource("train")
    template["spec"]["rayClusterSpec"]["workerGroupSpecs"][0] |= change
    assert [s for s in violations(VERBS["train"], template) if says in s]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"authOptions": {"mode": "token"}, "rayVersion": "2.51.0"}, "needs Ray 2.52"),
        ({"authOptions": {"mode": "token"}, "rayVersion": ""}, "needs Ray 2.52"),
        ({"enableInTreeAutoscaling": True, "autoscalerOptions": {"version": "v2"}}, "Never"),
    ],
)
def test_a_rule_of_ray_clusters_broken_is_one_sentence(
    change: dict[str, Any], says: str, resource: Resources
) -> None:
    template = resource("serve")
    cluster = template["spec"]["rayClusterConfig"]
    cluster |= change
    cluster["headGroupSpec"]["template"]["spec"]["restartPolicy"] = "Always"
    assert [s for s in violations(VERBS["serve"], template) if says in s]


def test_kueue_wants_fixed_sizes_and_whole_clusters(resource: Resources) -> None:
    label = {"labels": {"kueue.x-k8s.io/queue-name": "team"}}
    job, application = resource("train"), resource("fuse")
    job["metadata"] |= label
    job["spec"]["shutdownAfterJobFinishes"] = False
    job["spec"]["rayClusterSpec"]["enableInTreeAutoscaling"] = True
    said = " ".join(violations(VERBS["train"], job))
    assert "only with shutdownAfterJobFinishes" in said
    assert "no autoscaler" in said
    application["metadata"] |= label
    application["spec"]["dynamicAllocation"] = {"enabled": True}
    with pytest.raises(RuleBroken, match="dynamicAllocation"):
        validate(VERBS["fuse"], application)
