from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from plait.cluster.cluster_verbs import VERBS
from plait.cluster.render.render_resource import render
from plait.cluster.render.run_size import RunSize
from plait.errors import BadSize, BadTemplate, ConfigError

Resources = Callable[[str], dict[str, Any]]


def test_nothing_asked_changes_nothing(resource: Resources) -> None:
    for name, verb in VERBS.items():
        assert render(verb, resource(name), [], RunSize()) == resource(name)


def test_train_gets_its_arguments_quoted_and_its_workers_sized(resource: Resources) -> None:
    size = RunSize(workers="1:4", cpus="500m", memory="2Gi", gpus=1)
    filled = render(VERBS["train"], resource("train"), ["--cut", "2025-01-01 00:00"], size)
    assert filled["spec"]["entrypoint"].endswith("train.py --cut '2025-01-01 00:00'")
    group = filled["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]
    assert (group["minReplicas"], group["replicas"], group["maxReplicas"]) == (1, 4, 4)
    wanted = {"cpu": "500m", "memory": "2Gi", "nvidia.com/gpu": "1"}
    resources = group["template"]["spec"]["containers"][0]["resources"]
    assert resources == {"requests": wanted, "limits": wanted}


def test_fuse_gets_executors_as_spark_counts_them(resource: Resources) -> None:
    size = RunSize(workers="3", cpus="2", memory="1.5Gi", driver_memory="2Gi")
    spec = render(VERBS["fuse"], resource("fuse"), ["--full"], size)["spec"]
    assert spec["arguments"] == ["--engine", "spark", "--full"]
    executor = spec["executor"]
    assert (executor["instances"], executor["cores"], executor["memory"]) == (3, 2, "1536m")
    assert spec["driver"]["memory"] == "2048m"


@pytest.mark.parametrize(
    ("verb", "size"),
    [
        ("fuse", {"workers": "1:4"}),
        ("fuse", {"cpus": "500m"}),
        ("fuse", {"gpus": 1}),
        ("train", {"driver_memory": "1Gi"}),
    ],
)
def test_a_size_the_verb_cannot_have_is_refused(
    verb: str, size: dict[str, Any], resource: Resources
) -> None:
    with pytest.raises(BadSize):
        render(VERBS[verb], resource(verb), [], RunSize(**size))


@pytest.mark.parametrize(
    "size", [{"memory": "4"}, {"memory": "4Gib"}, {"cpus": "0"}, {"cpus": "two"}, {"gpus": -1}]
)
def test_a_size_nobody_can_have_is_refused(size: dict[str, Any]) -> None:
    with pytest.raises(BadSize):
        RunSize(**size)


@pytest.mark.parametrize("workers", ["0", "3:2", "1:2:3", "many"])
def test_workers_are_a_number_or_a_range(workers: str) -> None:
    with pytest.raises(ConfigError, match="--workers 2"):
        RunSize(workers=workers)


def test_the_image_is_set_where_plaits_own_stands(resource: Resources) -> None:
    template = resource("train")
    pod = template["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    pod["containers"].append({"name": "sidecar", "image": "fluent-bit:3"})
    filled = render(VERBS["train"], template, [], RunSize(), image="plait:9")
    assert [c["image"] for c in pod["containers"]] == ["plait:9", "fluent-bit:3"]
    submitter = filled["spec"]["submitterPodTemplate"]["spec"]["containers"][0]
    assert submitter["image"] == "plait:9"
    assert (
        render(VERBS["fuse"], resource("fuse"), [], RunSize(), "spark:9")["spec"]["image"]
        == "spark:9"
    )


def test_a_queue_takes_the_place_of_deletion_rules(resource: Resources) -> None:
    template = resource("train")
    template["spec"] |= {"shutdownAfterJobFinishes": False, "deletionStrategy": {}}
    filled = render(VERBS["train"], template, [], RunSize(), queue="team")
    assert filled["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team"
    assert filled["spec"]["shutdownAfterJobFinishes"] is True
    assert "deletionStrategy" not in filled["spec"]


def test_serve_gets_the_model_where_the_template_lets_it(resource: Resources) -> None:
    template = resource("serve")
    with pytest.raises(BadTemplate, match="PLAIT_MODEL_VERSION"):
        render(VERBS["serve"], resource("serve"), ["--version", "3"], RunSize())
    config = yaml.safe_load(template["spec"]["serveConfigV2"])
    names = {"PLAIT_MODEL": "", "PLAIT_MODEL_VERSION": ""}
    config["applications"][0]["runtime_env"] = {"env_vars": names}
    template["spec"]["serveConfigV2"] = yaml.safe_dump(config)
    filled = render(VERBS["serve"], template, ["--model", "m", "--version", "3"], RunSize())
    after = yaml.safe_load(filled["spec"]["serveConfigV2"])["applications"][0]
    wanted = {"PLAIT_MODEL": "m", "PLAIT_MODEL_VERSION": "3"}
    assert after["runtime_env"]["env_vars"] == wanted


def test_a_template_without_the_group_says_so(resource: Resources) -> None:
    template = resource("train")
    template["spec"]["rayClusterSpec"]["workerGroupSpecs"] = []
    with pytest.raises(BadTemplate, match="worker group 'workers'"):
        render(VERBS["train"], template, [], RunSize(workers="2"))
