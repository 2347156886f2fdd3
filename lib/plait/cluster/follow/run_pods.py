"""A run's pods and events, and the container that has the job's log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import Resource

SUBMITTER_CONTAINER = "ray-job-submitter"


@dataclass(frozen=True)
class LogSource:
    """The pod and container that have a job's log."""

    pod: str
    container: str


def ray_cluster_name(resource: Resource) -> str:
    """Returns the name of the run's Ray cluster, or '' if there is none yet."""
    status = resource.get("status") or {}
    name: str = status.get("rayClusterName") or ""
    for part in ("pendingServiceStatus", "activeServiceStatus"):
        name = name or (status.get(part) or {}).get("rayClusterName") or ""
    return name


def pod_selectors(resource: Resource) -> list[str]:
    """Returns label selectors that find the run's pods."""
    name = resource["metadata"]["name"]
    if resource["kind"] == "SparkApplication":
        return [f"sparkoperator.k8s.io/app-name={name}"]
    found = [f"job-name={name}"] if resource["kind"] == "RayJob" else []
    cluster = ray_cluster_name(resource)
    return [*found, f"ray.io/cluster={cluster}"] if cluster else found


def list_pods(api: KubeApi, resource: Resource) -> list[Resource]:
    """Returns the run's pods, oldest first. Raises as `KubeApi.get` does."""
    pods = [
        pod
        for selector in pod_selectors(resource)
        for pod in api.get(api.core_path("pods"), labelSelector=selector)["items"]
    ]
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def list_events(api: KubeApi, resource: Resource, pods: list[Resource]) -> list[Resource]:
    """Returns the events of the run, its Ray cluster, its submitter and its pods."""
    names = {resource["metadata"]["name"], ray_cluster_name(resource)}
    names |= {pod["metadata"]["name"] for pod in pods}
    listed = api.get(api.core_path("events"))["items"]
    since = resource["metadata"].get("creationTimestamp", "")
    return [
        event
        for event in listed
        if event["involvedObject"].get("name") in names - {""}
        and str(event.get("lastTimestamp") or event.get("eventTime") or since) >= since
    ]


def find_log_source(resource: Resource, pods: list[Resource]) -> LogSource | None:
    """Returns where the job's log is, or None if its container has not started."""
    if resource["kind"] == "SparkApplication":
        named = ((resource.get("status") or {}).get("driverInfo") or {}).get("podName")
        drivers = [p for p in pods if p["metadata"]["name"] == named]
        return _newest_started(drivers, "spark-kubernetes-driver")
    if resource["kind"] == "RayJob":
        if resource["spec"].get("submissionMode") == "SidecarMode":
            heads = [p for p in pods if _label(p, "ray.io/node-type") == "head"]
            return _newest_started(heads, SUBMITTER_CONTAINER)
        name = resource["metadata"]["name"]
        return _newest_started([p for p in pods if _label(p, "job-name") == name], "")
    heads = [p for p in pods if _label(p, "ray.io/node-type") == "head"]
    return _newest_started(heads, "")


def container_status(pod: Resource, name: str) -> dict[str, Any]:
    """Returns the status of a container of `pod`, or {} if there is none yet."""
    listed = (pod.get("status") or {}).get("containerStatuses") or []
    return next((status for status in listed if status["name"] == name), {})


def _newest_started(pods: list[Resource], container: str) -> LogSource | None:
    """Returns the newest pod whose container has started."""
    for pod in reversed(pods):
        name = container or pod["spec"]["containers"][0]["name"]
        state = container_status(pod, name).get("state") or {}
        if "running" in state or "terminated" in state:
            return LogSource(pod["metadata"]["name"], name)
    return None


def _label(pod: Resource, name: str) -> str:
    return str((pod["metadata"].get("labels") or {}).get(name, ""))
