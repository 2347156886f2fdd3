"""Checks room for an endpoint upgrade, which runs a second cluster next to the first."""

from __future__ import annotations

from collections.abc import Iterator

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.client.quantity import format_memory, parse_quantity
from plait.cluster.cluster_verbs import VERBS, Resource
from plait.cluster.diagnose.pending_reasons import pod_requests
from plait.cluster.render.render_resource import ray_cluster_spec
from plait.cluster.render.templates import Templates
from plait.doctor.finding import Finding, ok, warn
from plait.errors import PlaitError

CHECKED_RESOURCES = ("cpu", "memory", "nvidia.com/gpu")
_RESOURCE_NAMES = {"cpu": "CPU", "memory": "memory", "nvidia.com/gpu": "GPU"}


def check_upgrade_capacity(api: KubeApi, templates: Templates) -> Iterator[Finding]:
    """Yields whether the nodes have room for an upgrade, if reading the nodes is allowed."""
    try:
        service = templates.template_for(VERBS["serve"])
        nodes = api.get("/api/v1/nodes")["items"]
        pods = api.get("/api/v1/pods", fieldSelector="status.phase=Running")["items"]
    except PlaitError:
        return
    strategy = (service["spec"].get("upgradeStrategy") or {}).get("type") or "NewCluster"
    if strategy == "None":
        yield ok("upgrades", "change nothing that runs (upgradeStrategy None)")
        return
    share = 1.0
    if strategy == "NewClusterWithIncrementalUpgrade":
        options = service["spec"]["upgradeStrategy"].get("clusterUpgradeOptions") or {}
        share = float(options.get("maxSurgePercent") or 100) / 100
    wants = {name: size * share for name, size in service_requests(service).items()}
    free = free_resources(nodes, pods)
    short = [name for name in CHECKED_RESOURCES if wants.get(name, 0) > free.get(name, 0) + 1e-9]
    text = ", ".join(
        _format_resource(name, wants[name]) for name in CHECKED_RESOURCES if wants.get(name)
    )
    left = ", ".join(
        _format_resource(name, free.get(name, 0)) for name in CHECKED_RESOURCES if wants.get(name)
    )
    found = f"an upgrade ({strategy}) needs {text} in addition to what runs; free: {left}"
    if short:
        yield warn(
            "upgrades",
            found,
            "Free or add capacity; or set serving.upgrade.type: None, or an "
            "incremental upgrade with a small maxSurgePercent.",
        )
    else:
        yield ok("upgrades", found)


def service_requests(service: Resource) -> dict[str, float]:
    """Returns what the pods of a RayService request: the head and the initial workers."""
    cluster = ray_cluster_spec(service)
    counted = [(1, cluster["headGroupSpec"]["template"])]
    for group in cluster.get("workerGroupSpecs") or []:
        count = max(group.get("replicas") or 0, group.get("minReplicas") or 0)
        counted.append((count, group["template"]))
    total: dict[str, float] = {}
    for count, template in counted:
        for name, size in pod_requests(template).items():
            total[name] = total.get(name, 0.0) + count * size
    return total


def free_resources(nodes: list[Resource], pods: list[Resource]) -> dict[str, float]:
    """Returns the free resources of the nodes that accept pods."""
    free: dict[str, float] = {}
    open_nodes = {
        node["metadata"]["name"] for node in nodes if not node["spec"].get("unschedulable")
    }
    for node in nodes:
        if node["metadata"]["name"] in open_nodes:
            for name, size in node["status"]["allocatable"].items():
                free[name] = free.get(name, 0.0) + parse_quantity(size)
    for pod in pods:
        if pod["spec"].get("nodeName") in open_nodes:
            for name, size in pod_requests(pod).items():
                free[name] = free.get(name, 0.0) - size
    return free


def _format_resource(name: str, size: float) -> str:
    value = format_memory(max(size, 0)) if name == "memory" else f"{max(size, 0):.3g}"
    return f"{value} {_RESOURCE_NAMES[name]}"
