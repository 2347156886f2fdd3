"""Finds out from its pods and events why a run is pending, as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from plait.cluster.client.quantity import format_memory, parse_quantity
from plait.cluster.cluster_verbs import Resource

_RESOURCES = ("cpu", "memory", "nvidia.com/gpu")
_RESOURCE_NAMES = {"cpu": "CPUs", "memory": "memory", "nvidia.com/gpu": "GPUs"}
_IMAGE_PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_QUOTA_EXCEEDED = re.compile(r"exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)")
# containerd wraps the error itself in this text.
_PULL_ERROR = re.compile(
    r"failed to (?:resolve reference|pull and unpack image) \"[^\"]+\": (?!failed)(.+)"
)
_SCALE_UP_REASONS = ("TriggeredScaleUp", "Nominated")  # of the cluster autoscaler and of Karpenter


class UnrecoverableCause(Enum):
    """Why a run cannot start unless something changes."""

    IMAGE = "image"  # it cannot be pulled
    SCHEDULING = "scheduling"  # no node is large enough; a node pool may still add one
    REFUSED = "refused"  # a quota, a policy, a missing secret


@dataclass(frozen=True)
class PendingReason:
    """Why a run is pending.

    Attributes:
        sentence: the reason, for the user.
        cause: what must change before the run can start; None if waiting is enough.
        fix: how to change it.
    """

    sentence: str
    cause: UnrecoverableCause | None = None
    fix: str = ""


def diagnose_pending(
    pods: Iterable[Resource], events: Iterable[Resource], nodes: Iterable[Resource] | None
) -> list[PendingReason]:
    """Returns why a run's pods do not run, without duplicates, unrecoverable reasons first.

    Args:
        pods: of the run.
        events: of the resource, of what it owns, and of its pods.
        nodes: of the cluster; None if reading them is not allowed.
    """
    pods, events = list(pods), list(events)
    rooms = (
        None if nodes is None else [_allocatable(node) for node in nodes if not _is_cordoned(node)]
    )
    found = [reason for pod in pods for reason in _pod_reasons(pod, events, rooms)]
    found += [reason for event in events for reason in _creation_reasons(event)]
    unique = {reason.sentence: reason for reason in found}
    return sorted(unique.values(), key=lambda reason: reason.cause is None)


def _pod_reasons(
    pod: Resource, events: list[Resource], rooms: list[dict[str, float]] | None
) -> Iterator[PendingReason]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return
    own = [event for event in events if event["involvedObject"].get("name") == name]
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            growing = any(event.get("reason") in _SCALE_UP_REASONS for event in own)
            yield _scheduling_reason(pod, str(condition.get("message") or ""), rooms, growing)
    for part in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(part) or []:
            waiting = (container.get("state") or {}).get("waiting") or {}
            yield from _container_reasons(pod, container, waiting, own)
    for event in own:
        if event.get("reason") in ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox"):
            yield PendingReason(f"Pod {name} cannot start: {_one_line(event.get('message', ''))}")


def _container_reasons(
    pod: Resource, container: Resource, waiting: Resource, events: list[Resource]
) -> Iterator[PendingReason]:
    name, reason = pod["metadata"]["name"], waiting.get("reason", "")
    message, image = _one_line(waiting.get("message") or ""), container.get("image", "")
    if reason in _IMAGE_PULL_REASONS:
        said = _pull_error(message, events)
        if reason == "ErrImageNeverPull":
            said = "it is not on the node, and its pull policy is Never"
        yield PendingReason(
            f"Image '{image}' cannot be pulled: {said or reason}.",
            UnrecoverableCause.IMAGE,
            fix="Check its name and tag, and that the node may pull it; then submit with --image.",
        )
    elif reason == "CreateContainerConfigError":
        yield PendingReason(f"Pod {name} cannot start: {message}.", UnrecoverableCause.REFUSED)
    elif reason == "CrashLoopBackOff":
        last = ((container.get("lastState") or {}).get("terminated") or {}).get("reason", "")
        yield PendingReason(
            f"Container {container['name']} of pod {name} keeps restarting"
            f"{f' ({last})' if last else ''}: kubectl logs {name} --previous"
        )


def _pull_error(message: str, events: list[Resource]) -> str:
    """Returns the error of the pull: a back-off only says that it failed before."""
    said = [message, *(str(event.get("message") or "") for event in events)]
    for text in reversed(said):
        if found := _PULL_ERROR.search(" ".join(text.split())):
            return _one_line(found[1])
    return message


def _scheduling_reason(
    pod: Resource, message: str, rooms: list[dict[str, float]] | None, growing: bool
) -> PendingReason:
    name, wants = pod["metadata"]["name"], pod_requests(pod)
    if growing:
        return PendingReason(f"Pod {name} waits for a node that is being added.")
    if rooms:
        for resource in _RESOURCES:
            most = max((room.get(resource, 0.0) for room in rooms), default=0.0)
            if wants.get(resource, 0.0) > most:
                asked, has = (
                    _format_quantity(resource, wants[resource]),
                    _format_quantity(resource, most),
                )
                return PendingReason(
                    f"Pod {name} asks for {_RESOURCE_NAMES[resource]}: {asked}, and the largest "
                    f"node has {has}.",
                    UnrecoverableCause.SCHEDULING,
                    fix="Ask for less: --cpus, --memory, --gpus; or add a larger node.",
                )
    # The scheduler distinguishes nodes that are too small from nodes that are full.
    never = "reemption is not helpful" in message and "No preemption victims" not in message
    said = _one_line(message.split("preemption:")[0])
    if "nsufficient" in said or "taint" in said or "affinity" in said or "selector" in said:
        if never and rooms is None:
            return PendingReason(
                f"Pod {name} fits on no node: {said}.",
                UnrecoverableCause.SCHEDULING,
                fix="Ask for less: --cpus, --memory, --gpus; or add a node that fits.",
            )
        return PendingReason(f"Pod {name} waits for room on a node: {said}.")
    return PendingReason(f"Pod {name} is not scheduled: {said}.")


def _creation_reasons(event: Resource) -> Iterator[PendingReason]:
    """Yields why a pod could not be created."""
    message = event.get("message") or ""
    if event.get("type") != "Warning":
        return
    who = f"{event['involvedObject'].get('kind', '')} {event['involvedObject'].get('name', '')}"
    if "violates PodSecurity" in message:
        yield PendingReason(
            f"The namespace's Pod Security refuses a pod of {who}: "
            f"{_one_line(message[message.index('violates PodSecurity') :])}.",
            UnrecoverableCause.REFUSED,
            fix="The chart's default security contexts satisfy `restricted`: correct its values "
            "and run `helm upgrade`.",
        )
    elif quota := _QUOTA_EXCEEDED.search(_one_line(message)):
        yield _quota_reason(*quota.groups())
    elif "must specify limits" in message or "must specify requests" in message:
        yield PendingReason(
            f"The namespace's quota requires limits that a pod of {who} does not have: "
            f"{_one_line(message[message.rfind('failed quota') :])}.",
            UnrecoverableCause.REFUSED,
            fix="Set them in the chart's values.",
        )
    elif "serviceaccount" in message and "not found" in message:
        yield PendingReason(
            f"No pod of {who} can be created: {_one_line(message)}.", UnrecoverableCause.REFUSED
        )
    elif event.get("reason") in ("ValidationFailed", "InvalidRayJobSpec", "InvalidRayJobMetadata"):
        yield PendingReason(f"{_one_line(message)}.", UnrecoverableCause.REFUSED)


def _quota_reason(quota: str, requested: str, used: str, limited: str) -> PendingReason:
    asked, most = _parse_quantities(requested), _parse_quantities(limited)
    over = [name for name in asked if name in most and asked[name] > most[name]]
    if over:
        wants = "; ".join(
            f"{name} {_parse_pairs(requested)[name]} of {_parse_pairs(limited)[name]}"
            for name in over
        )
        return PendingReason(
            f"Quota '{quota}' of the namespace is too small for a pod of this run: {wants}.",
            UnrecoverableCause.REFUSED,
            fix="Ask for less: --cpus, --memory, --gpus, --workers; or raise the quota.",
        )
    return PendingReason(
        f"Quota '{quota}' of the namespace is full (requested {requested}; in use {used}; limit "
        f"{limited}): waiting for room."
    )


def _parse_quantities(text: str) -> dict[str, float]:
    """Returns "requests.cpu=2,pods=1" as numbers."""
    return {name: parse_quantity(value) for name, value in _parse_pairs(text).items()}


def _parse_pairs(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(",") if "=" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def pod_requests(pod: Resource) -> dict[str, float]:
    """Returns what a pod requests of a node: its containers' sum, or its largest init container."""
    spec = pod["spec"]
    total: dict[str, float] = {}
    for container in spec.get("containers") or []:
        for name, value in _container_requests(container).items():
            total[name] = total.get(name, 0.0) + value
    for container in spec.get("initContainers") or []:
        for name, value in _container_requests(container).items():
            total[name] = max(total.get(name, 0.0), value)
    return total


def _container_requests(container: Resource) -> dict[str, float]:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: parse_quantity(value) for name, value in asked.items()}


def _allocatable(node: Resource) -> dict[str, float]:
    return {name: parse_quantity(value) for name, value in node["status"]["allocatable"].items()}


def _is_cordoned(node: Resource) -> bool:
    return bool((node.get("spec") or {}).get("unschedulable"))


def _format_quantity(resource: str, value: float) -> str:
    return format_memory(value) if resource == "memory" else f"{value:g}"


def _one_line(message: str) -> str:
    return " ".join(message.split()).rstrip(". ")
