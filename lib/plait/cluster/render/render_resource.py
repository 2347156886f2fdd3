"""Renders a verb's template: sets arguments, size, image and queue, and changes nothing else."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plait.cluster.client.quantity import memory, parse_quantity
from plait.cluster.cluster_verbs import RAY_JOB, SPARK, Resource, Verb
from plait.cluster.render.run_size import RunSize
from plait.cluster.render.serve_config import set_served_model
from plait.errors import BadSize, BadTemplate

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
WORKER_GROUP = "workers"  # the worker group that --workers sizes
GPU_RESOURCE = "nvidia.com/gpu"


def render(
    verb: Verb,
    template: Resource,
    arguments: Sequence[str],
    size: RunSize,
    image: str | None = None,
    queue: str | None = None,
) -> Resource:
    """Returns `template` with the requested settings. `set_run_name` sets its name.

    Raises:
        BadTemplate: the template lacks a field to be set.
        BadSize: the verb does not support that size.
    """
    fillers: dict[str, Callable[[Resource, Sequence[str], RunSize], None]] = {
        SPARK.name: _render_spark,
        RAY_JOB.name: _render_ray_job,
    }
    try:
        fillers.get(verb.kind.name, _render_ray_service)(template, arguments, size)
        if image is not None:
            _set_image(verb, template, image)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadTemplate(
            f"the template of {verb.name} lacks {error}, which is to be set.",
            fix="Render the template with the chart of this version of plait.",
        ) from None
    if queue is not None:
        template["metadata"].setdefault("labels", {})[QUEUE_LABEL] = queue
        if verb.kind is RAY_JOB:  # Kueue requires that a job deletes its cluster
            template["spec"].pop("deletionStrategy", None)
            template["spec"]["shutdownAfterJobFinishes"] = True
    return template


def ray_cluster_spec(resource: Resource) -> dict[str, Any]:
    """Returns the Ray cluster spec of a RayJob or RayService, or {} if there is none."""
    spec = resource["spec"]
    found: dict[str, Any] = spec.get("rayClusterSpec") or spec.get("rayClusterConfig") or {}
    return found


def ray_pod_specs(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields (description, pod spec) of every pod template of a RayJob or RayService."""
    cluster = ray_cluster_spec(resource)
    if "headGroupSpec" in cluster:
        yield "the head", cluster["headGroupSpec"]["template"]["spec"]
    for group in cluster.get("workerGroupSpecs") or []:
        yield f"worker group '{group['groupName']}'", group["template"]["spec"]
    submitter = resource["spec"].get("submitterPodTemplate")
    if submitter:
        yield "the submitter", submitter["spec"]


def _render_spark(resource: Resource, arguments: Sequence[str], size: RunSize) -> None:
    spec = resource["spec"]
    if arguments:
        spec["arguments"] = [*(spec.get("arguments") or []), *arguments]
    executor = spec["executor"]
    scale = size.scale()
    if scale is not None:
        if scale.is_elastic:
            raise BadSize(
                f"--workers is {size.workers}, and fuse needs a fixed number of executors.",
                fix="Give --workers N, or enable spark.dynamicAllocation in the chart.",
            )
        executor["instances"] = scale.max_workers
    if size.cpus is not None:
        cores = parse_quantity(size.cpus)
        if cores != int(cores):
            raise BadSize(
                f"--cpus is {size.cpus}, and Spark needs whole cores.", fix="Give --cpus 1."
            )
        executor["cores"] = int(cores)
    if size.gpus is not None:
        raise BadSize("fuse uses no GPU.", fix="Leave --gpus out.")
    if size.memory is not None:
        executor["memory"] = _jvm_memory(size.memory)
    if size.driver_memory is not None:
        spec["driver"]["memory"] = _jvm_memory(size.driver_memory)


def _jvm_memory(size: str) -> str:
    return f"{math.ceil(memory(size) / 2**20)}m"


def _render_ray_job(resource: Resource, arguments: Sequence[str], size: RunSize) -> None:
    spec = resource["spec"]
    if arguments:
        spec["entrypoint"] = f"{spec['entrypoint']} {shlex.join(arguments)}"
    _set_worker_size(resource, size)


def _render_ray_service(resource: Resource, arguments: Sequence[str], size: RunSize) -> None:
    set_served_model(resource, arguments)
    _set_worker_size(resource, size)


def _set_worker_size(resource: Resource, size: RunSize) -> None:
    if size.driver_memory is not None:
        raise BadSize("--driver-memory is for Spark: only fuse has a driver.")
    groups = ray_cluster_spec(resource).get("workerGroupSpecs") or []
    requested = (size.workers, size.cpus, size.memory, size.gpus)
    if all(value is None for value in requested):
        return
    group = next((group for group in groups if group["groupName"] == WORKER_GROUP), None)
    if group is None:
        raise KeyError(f"a worker group '{WORKER_GROUP}'")
    scale = size.scale()
    if scale is not None:
        group |= {
            "replicas": scale.max_workers,
            "minReplicas": scale.min_workers,
            "maxReplicas": scale.max_workers,
        }
    resources = group["template"]["spec"]["containers"][0].setdefault("resources", {})
    for name, value in (("cpu", size.cpus), ("memory", size.memory), (GPU_RESOURCE, size.gpus)):
        if value is not None:
            for bound in ("requests", "limits"):
                resources.setdefault(bound, {})[name] = str(value)


def _set_image(verb: Verb, resource: Resource, image: str) -> None:
    """Replaces plait's image in every container. Sidecars keep their images."""
    if verb.kind is SPARK:
        spec = resource["spec"]
        for part in (spec, spec["driver"], spec["executor"]):
            if part is spec or "image" in part:
                part["image"] = image
        return
    ours = ray_cluster_spec(resource)["headGroupSpec"]["template"]["spec"]["containers"][0]["image"]
    for _, pod in ray_pod_specs(resource):
        for container in [*pod["containers"], *(pod.get("initContainers") or [])]:
            if container.get("image") == ours:
                container["image"] = image
