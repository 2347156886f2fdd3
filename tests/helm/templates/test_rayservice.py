from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from plait.serving import haproxy
from plait.serving.ray_environment import RAY_VARIABLES
from tests.helm.chart import PROJECT, Resource, environment, render


def service(**values: Any) -> Resource:
    spec: Resource = render(**values).one("RayService", "plait")["spec"]
    return spec


def pod(cluster: Resource, group: int | None = None) -> Resource:
    holder = cluster["headGroupSpec"] if group is None else cluster["workerGroupSpecs"][group]
    found: Resource = holder["template"]["spec"]
    return found


def test_head_and_workers_start_ray_with_what_makes_serving_fast() -> None:
    cluster = service(serving={"workers": {"spot": {"enabled": True}}})["rayClusterConfig"]
    for place in (None, 0, 1):
        found = environment(pod(cluster, place))
        assert {name: found.get(name) for name in RAY_VARIABLES} == RAY_VARIABLES


def test_head_and_workers_run_haproxy_as_plait_amends_it(repository: Path) -> None:
    """Beside `plait`, where the image's pip writes what pyproject.toml calls scripts."""
    scripts = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts["plait-haproxy"] == f"{haproxy.main.__module__}:{haproxy.main.__name__}"
    base = (repository / "infra" / "images" / "base" / "Dockerfile").read_text()
    (folder,) = re.findall(r"PATH=(\S+):\$PATH", base)
    cluster = service(serving={"workers": {"spot": {"enabled": True}}})["rayClusterConfig"]
    for place in (None, 0, 1):
        found = environment(pod(cluster, place))
        assert found[haproxy.BINARY_VARIABLE] == f"{folder}/plait-haproxy"
        assert haproxy.HOST_VARIABLE not in found  # the pod's address is Ray Serve's to choose
        ports = {port["containerPort"] for port in pod(cluster, place)["containers"][0]["ports"]}
        assert not ports & {8404, 9101}


def test_the_head_holds_no_secret_and_runs_no_replica() -> None:
    cluster = service(access={"enabled": True}, s3={"existingSecret": "keys"})["rayClusterConfig"]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    head, worker = environment(pod(cluster)), environment(pod(cluster, 0))
    secret = {"PLAIT_PSEUDONYM_KEY", "PLAIT_LIVE_STATE", "AWS_SECRET_ACCESS_KEY"}
    assert not secret & head.keys()
    assert secret <= worker.keys()
    assert "access" not in {volume["name"] for volume in pod(cluster)["volumes"]}


def test_no_command_line_shows_the_password_of_rays_valkey() -> None:
    """KubeRay would pass it to `ray start` as an argument; tests/cluster lists the processes."""
    chart = render()
    kept = {"ray.io/overwrite-container-cmd": "true"}
    for resource in (chart.one("RayService", "plait"), chart.template("serve")):
        assert resource["metadata"]["annotations"] == kept
        head = pod(resource["spec"]["rayClusterConfig"])["containers"][0]
        assert head["command"][-1].endswith("exec python -m plait.serving.ray_head")
        worker = pod(resource["spec"]["rayClusterConfig"], 0)["containers"][0]
        assert "$KUBERAY_GEN_RAY_START_CMD" in worker["command"][-1]
    plain = render(serving={"gcs": {"faultTolerance": False}}).one("RayService", "plait")
    assert "annotations" not in plain["metadata"]
    assert "command" not in pod(plain["spec"]["rayClusterConfig"])["containers"][0]


def test_api_keys_are_files_that_follow_the_secret_while_all_runs() -> None:
    """The kubelet never refreshes an environment, nor a file mounted by its path."""
    worker = pod(service(access={"enabled": True, "existingSecret": "keys"})["rayClusterConfig"], 0)
    (volume,) = [one for one in worker["volumes"] if one["name"] == "access"]
    current, following = [source["secret"] for source in volume["projected"]["sources"]]
    assert (current["name"], current["items"]) == ("keys", [{"key": "api-key", "path": "current"}])
    assert following["items"] == [{"key": "api-key-next", "path": "next"}]
    assert following["optional"] is True
    assert "optional" not in current  # without any key no replica starts
    (mount,) = [m for m in worker["containers"][0]["volumeMounts"] if m["name"] == "access"]
    assert "subPath" not in mount
    folder = mount["mountPath"]
    assert environment(worker)["PLAIT_API_KEY_FILE"] == f"{folder}/current:{folder}/next"
    assert "PLAIT_API_KEY" not in environment(worker)


def _rolls(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Returns whether an upgrade from one to the other starts a second cluster."""
    clusters = [service(**values)["rayClusterConfig"] for values in (before, after)]
    for cluster in clusters:
        for group in cluster["workerGroupSpecs"]:  # KubeRay changes these in place
            for number in ("minReplicas", "maxReplicas", "replicas"):
                group.pop(number, None)
    return clusters[0] != clusters[1]


def test_what_a_replica_reads_once_starts_a_second_cluster_when_it_changes() -> None:
    video = {"platforms": {"video": PROJECT["platforms"]["shop"]}}
    assert _rolls({}, {"project": video})
    assert _rolls({}, {"project": {"serve": {"port": 8001}}})
    assert _rolls({}, {"rollout": "2026-11-26"})
    assert _rolls({}, {"s3": {"region": "eu-central-1"}})
    assert not _rolls({}, {})
    # These reach what runs without one.
    assert not _rolls({}, {"serving": {"autoscaling": {"maxReplicas": 3}}})
    assert not _rolls({}, {"serving": {"workers": {"onDemand": {"minReplicas": 2}}}})
    assert not _rolls({}, {"liveState": {"own": {"maxMemory": "1gb"}}})
    key = {"enabled": True}
    assert not _rolls({"access": key}, {"access": {**key, "existingSecret": ""}})


def test_a_worker_is_named_by_the_service_a_second_after_it_can_answer() -> None:
    cluster = service(serving={"workers": {"spot": {"enabled": True}}})["rayClusterConfig"]
    for group in (0, 1):
        (worker,) = pod(cluster, group)["containers"]
        probe = worker["readinessProbe"]
        assert probe["httpGet"] == {"path": "/-/healthz", "port": "serve"}
        assert probe["periodSeconds"] == 1
        # Ray's proxy answers on for this long when it leaves.
        leaves = float(environment(pod(cluster, group))["RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S"])
        assert probe["failureThreshold"] * probe["periodSeconds"] < leaves


def test_serve_scales_as_the_values_say() -> None:
    config = yaml.safe_load(service()["serveConfigV2"])
    (application,) = config["applications"]
    (deployment,) = application["deployments"]
    scaling = deployment["autoscaling_config"]
    assert (scaling["min_replicas"], scaling["max_replicas"]) == (1, 4)
    assert scaling["upscale_delay_s"] >= scaling["look_back_period_s"]
    assert "initial_replicas" not in scaling  # it would pin the number after an upgrade
    assert config["proxy_location"] == "EveryNode"
    env = application["runtime_env"]["env_vars"]
    assert env == {"PLAIT_MODEL": "", "PLAIT_MODEL_VERSION": ""}


def test_the_head_answers_where_there_may_be_no_replica() -> None:
    assert service()["excludeHeadPodFromServeSvc"] is True
    zero = service(serving={"autoscaling": {"minReplicas": 0}})
    assert zero["excludeHeadPodFromServeSvc"] is False


def test_pods_of_a_fixed_number_have_no_autoscaler() -> None:
    cluster = service(serving={"workers": {"onDemand": {"maxReplicas": 1}}})["rayClusterConfig"]
    assert "enableInTreeAutoscaling" not in cluster
    assert cluster["workerGroupSpecs"][0]["replicas"] == 1
    assert pod(cluster)["automountServiceAccountToken"] is False


def test_where_pods_scale_the_chart_leaves_their_number_to_ray() -> None:
    cluster = service()["rayClusterConfig"]
    assert cluster["enableInTreeAutoscaling"] is True
    assert "replicas" not in cluster["workerGroupSpecs"][0]
    assert cluster["autoscalerOptions"]["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod(cluster)["automountServiceAccountToken"] is True
    assert pod(cluster, 0)["automountServiceAccountToken"] is False


def test_strangers_need_a_token() -> None:
    assert service()["rayClusterConfig"]["authOptions"] == {"mode": "token"}
    own = service(kuberay={"version": "1.7"}, auth={"existingSecret": "mine"})
    assert own["rayClusterConfig"]["authOptions"] == {"mode": "token", "secretName": "mine"}
    off = service(auth={"enabled": False})
    assert off["rayClusterConfig"]["authOptions"] == {"mode": "disabled"}


def test_rays_state_lies_in_a_valkey_of_its_own() -> None:
    options = service()["rayClusterConfig"]["gcsFaultToleranceOptions"]
    assert options["redisAddress"] == "plait-gcs:6379"
    reference = options["redisPassword"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": "plait-gcs", "key": "password"}
    off = service(serving={"gcs": {"faultTolerance": False}})
    assert "gcsFaultToleranceOptions" not in off["rayClusterConfig"]


@pytest.mark.parametrize(
    "upgrade,kind",
    [
        ({}, "NewCluster"),
        ({"gatewayClassName": "istio"}, "NewClusterWithIncrementalUpgrade"),
        ({"gatewayClassName": "istio", "type": "NewCluster"}, "NewCluster"),
        ({"type": "None"}, "None"),
    ],
)
def test_how_it_is_upgraded(upgrade: dict[str, str], kind: str) -> None:
    strategy = service(serving={"upgrade": upgrade})["upgradeStrategy"]
    assert strategy["type"] == kind
    assert ("clusterUpgradeOptions" in strategy) == (kind == "NewClusterWithIncrementalUpgrade")


def test_pods_have_time_to_drain() -> None:
    cluster = service()["rayClusterConfig"]
    for place in (None, 0):
        found = pod(cluster, place)
        stop = found["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        drain = int(environment(found)["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"])
        assert int(stop[-1]) + drain < found["terminationGracePeriodSeconds"]


def test_the_password_of_live_state_is_put_in_by_the_kubelet() -> None:
    names = [
        entry["name"] for entry in pod(service()["rayClusterConfig"], 0)["containers"][0]["env"]
    ]
    assert names.index("PLAIT_LIVE_STATE_PASSWORD") < names.index("PLAIT_LIVE_STATE")
    found = environment(pod(service()["rayClusterConfig"], 0))
    assert found["PLAIT_LIVE_STATE"] == (
        "redis://:$(PLAIT_LIVE_STATE_PASSWORD)@plait-live-state:6379/0"
    )


def test_an_external_valkey_may_have_no_password() -> None:
    outside = {"own": {"enabled": False}, "external": {"host": "cache", "port": 6380, "tls": True}}
    found = environment(pod(service(liveState=outside)["rayClusterConfig"], 0))
    assert found["PLAIT_LIVE_STATE"] == "rediss://cache:6380/0"
    assert "PLAIT_LIVE_STATE_PASSWORD" not in found
    assert "PLAIT_LIVE_STATE_DURABILITY" not in found  # as the project says


def test_an_external_valkey_that_may_lose_events_can_be_accepted() -> None:
    outside = {"own": {"enabled": False}, "external": {"host": "c", "durability": "best_effort"}}
    cluster = service(liveState=outside)["rayClusterConfig"]
    assert environment(pod(cluster, 0))["PLAIT_LIVE_STATE_DURABILITY"] == "best_effort"


def test_pods_of_ray_keep_the_name_by_which_kuberay_finds_heads() -> None:
    template = service()["rayClusterConfig"]["headGroupSpec"]["template"]
    assert "app.kubernetes.io/name" not in template["metadata"]["labels"]


def test_what_only_the_newer_operator_knows_is_absent_by_default() -> None:
    assert "suspend" not in service()
    newer = service(kuberay={"version": "1.7"}, serving={"suspend": True})
    assert newer["suspend"] is True
