"""What cannot be had ends in a sentence and an exit code, within a minute."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .kubectl import kubectl
from .submitting import HASTY, MINUTE_S, Desk, desk, told
from .templates import ray_job, spark_application


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk("refused", tmp_path_factory.mktemp("submit")) as made:
        yield made


def test_a_typo_is_found_before_anything_is_submitted(place: Desk) -> None:
    told(place.plait("submit", "train", "--epohcs", "3"), 2, "'--epochs'")
    told(place.plait("submit", "train", "--memory", "4"), 2, "Add the unit")


def test_a_namespace_that_is_not_there(place: Desk) -> None:
    nowhere = dataclasses.replace(place, namespace="submit-nowhere")
    told(nowhere.plait("submit", "train"), 2, "no namespace 'submit-nowhere'")
    file = place.templates()
    told(nowhere.plait("submit", "train", "--templates", file), 2, "no namespace 'submit-nowhere'")
    told(nowhere.plait("status"), 2, "no namespace 'submit-nowhere'")


def test_a_namespace_without_the_chart(place: Desk) -> None:
    told(
        dataclasses.replace(place, namespace="default").plait("submit", "train"), 2, "helm install"
    )


def test_no_crds_and_crds_of_another_version(place: Desk) -> None:
    newer = spark_application() | {"apiVersion": "sparkoperator.k8s.io/v1beta9"}
    missing = ray_job("true") | {"apiVersion": "ray.example.com/v1"}
    file = place.templates(fuse=newer, train=missing)
    told(place.plait("submit", "fuse", "--templates", file), 2, "v1beta2", "not v1beta9")
    told(
        place.plait("submit", "train", "--templates", file), 2, "no rayjobs.ray.example.com", "CRDs"
    )


def test_a_field_that_the_crd_does_not_know(place: Desk) -> None:
    odd = ray_job("true")
    odd["spec"]["shutdownAfterJobFinished"] = True
    told(
        place.plait("submit", "train", "--templates", place.templates(train=odd)),
        2,
        "shutdownAfterJobFinished",
    )


def test_a_name_too_long_for_kuberay(place: Desk) -> None:
    told(place.plait("submit", "train", "--run", "x" * 40), 2, "51 characters", "47 for a RayJob")


def test_forbidden_by_rbac(place: Desk, tmp_path: Path) -> None:
    kubectl("-n", place.namespace, "create", "serviceaccount", "stranger")
    token = kubectl("-n", place.namespace, "create", "token", "stranger").strip()
    config = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": token}
    (tmp_path / "stranger").write_text(json.dumps(config))
    stranger = dataclasses.replace(place, kubeconfig=str(tmp_path / "stranger"))
    file = place.templates()
    told(stranger.plait("submit", "train"), 2, "cannot list", "auth can-i list configmaps")
    told(stranger.plait("submit", "train", "--templates", file), 2, "forbidden by RBAC")
    config["users"][0]["user"] = {"token": "expired"}
    (tmp_path / "expired").write_text(json.dumps(config))
    expired = dataclasses.replace(place, kubeconfig=str(tmp_path / "expired"))
    answer = expired.plait("submit", "train")
    told(answer, 2, "has expired")
    assert token not in answer.err


def test_no_kubeconfig(place: Desk, tmp_path: Path) -> None:
    without = dataclasses.replace(place, kubeconfig=str(tmp_path / "nowhere"))
    told(without.plait("submit", "train"), 2, "export KUBECONFIG")


def test_quota_exceeded(place: Desk) -> None:
    with desk("quota", place.folder) as small:
        kubectl("-n", small.namespace, "create", "quota", "small", "--hard=requests.cpu=50m")
        told(
            small.plait("submit", "train", *HASTY),
            3,
            "Quota 'small'",
            "200m of 50m",
            within=MINUTE_S,
        )
    with desk("none", place.folder) as none:
        kubectl("-n", none.namespace, "create", "quota", "none", "--hard=count/rayjobs.ray.io=0")
        told(none.plait("submit", "train"), 3, "OverQuota", "describe quota")


def test_pod_security(place: Desk) -> None:
    bare = ray_job("true")
    cluster = bare["spec"]["rayClusterSpec"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        del group["template"]["spec"]["containers"][0]["securityContext"]
    with desk("safe", place.folder) as safe:
        level = "pod-security.kubernetes.io/enforce=restricted"
        kubectl("label", "namespace", safe.namespace, level)
        ended = safe.plait("submit", "train", *HASTY, "--templates", place.templates(train=bare))
        told(ended, 3, "Pod Security refuses", within=MINUTE_S)
