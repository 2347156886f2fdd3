"""What cannot work is refused by `helm template`, in a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.helm.chart import CHART, LEAST, PROJECT, merged, refusal, run


def nested(path: str, value: Any) -> dict[str, Any]:
    """Returns values with one of them set, named as `--set` names it."""
    head, _, rest = path.partition(".")
    return {head: nested(rest, value) if rest else value}


def both(*pairs: tuple[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path, value in pairs:
        values = merged(values, nested(path, value))
    return values


IMPOSSIBLE = {
    "two project files": (both(("existingProject", "other")), "there is one project file"),
    "a store in a folder": (both(("project.store", ".plait")), "must be s3://bucket/prefix"),
    "a secret nobody named": (
        both(("secrets.generate", False)),
        ".existingSecret is missing. Make the secret: kubectl -n ",
    ),
    "the API key nobody named": (
        both(
            ("secrets.generate", False), ("access.enabled", True),
            ("pseudonyms.existingSecret", "p"), ("liveState.existingSecret", "l"),
            ("gcsStore.existingSecret", "g"),
        ),
        "access.existingSecret is missing",
    ),
    "a bucket without TLS": (both(("s3.endpoint", "http://store:9000")), "has no TLS"),
    "min above max": (
        both(("serving.autoscaling.minReplicas", 9)), "minReplicas (9) is above maxReplicas (4)",
    ),
    "initial out of range": (
        both(("serving.autoscaling.initialReplicas", 7)), "is not between minReplicas (1)",
    ),
    "grows on old requests": (
        both(("serving.autoscaling.upscaleDelaySeconds", 5)), "below lookBackSeconds (30)",
    ),
    "shrinks on old requests": (
        both(("serving.autoscaling.downscaleDelaySeconds", 5)), "below lookBackSeconds (30)",
    ),
    "to zero on old requests": (
        both(("serving.autoscaling.downscaleToZeroDelaySeconds", 5)), "below lookBackSeconds (30)",
    ),
    "a tenth of a request": (
        both(("serving.autoscaling.targetOngoingRequests", 0.1)), "their number oscillates",
    ),
    "grows tenfold": (both(("serving.autoscaling.upscalingFactor", 10)), "overshoots"),
    "shrinks tenfold": (both(("serving.autoscaling.downscalingFactor", 3)), "overshoots"),
    "a target nobody reaches": (
        both(("serving.replica.maxOngoingRequests", 32)), "it would never grow",
    ),
    "nobody takes the first request": (
        both(("serving.excludeHead", True), ("serving.autoscaling.minReplicas", 0)),
        "it would be refused",
    ),
    "fewer pods than none": (
        both(("serving.workers.onDemand.minReplicas", 9)),
        ".minReplicas (9) is above maxReplicas (4).",
    ),
    "fewer spot pods than none": (
        both(("serving.workers.spot.enabled", True), ("serving.workers.spot.minReplicas", 9)),
        "spot.minReplicas (9) is above",
    ),
    "a replica larger than a pod": (
        both(("serving.replica.cpus", 3)), "no replica would ever start",
    ),
    "a GPU that no pod has": (both(("serving.replica.gpus", 1)), "Add nvidia.com/gpu there"),
    "killed while it drains": (
        both(("serving.drain.seconds", 200)), "killed while they drain",
    ),
    "a budget that blocks nodes": (
        both(("podDisruptionBudgets.minAvailableWorkers", 5)), "no node could ever be drained",
    ),
    "an operator shut out": (
        both(("networkPolicy.operatorNamespaces", [])), "KubeRay could not reach the head",
    ),
    "two live states": (both(("liveState.external.host", "cache")), "there is one live state"),
    "replicas that share nothing": (
        both(("liveState.own.enabled", False)), "no live state that replicas could share",
    ),
    "one Valkey for both": (
        both(
            ("liveState.own.enabled", False), ("liveState.external.host", "cache"),
            ("gcsStore.externalAddress", "cache:6379"),
        ),
        "Ray's state needs one of its own",
    ),
    "Valkey larger than its memory": (
        both(("liveState.own.maxMemory", "3gb")), "leaves no room below liveState.own.resources",
    ),
    "Valkey as large as its memory": (
        both(("liveState.own.maxMemory", "2048mb")), "leaves no room below liveState.own.resources",
    ),
    "Valkey in less memory": (
        both(("liveState.own.resources.limits.memory", "1500M")),
        "leaves no room below liveState.own.resources",
    ),
    "a request above its limit": (
        both(("serving.workers.onDemand.resources.requests.memory", "3073Mi")),
        "serving.workers.onDemand.resources.requests.memory (3073Mi) is above limits.memory (3Gi)",
    ),
    "a CPU above its limit": (
        both(("jobs.worker.resources.limits.cpu", "900m")), "Kubernetes rejects such a pod",
    ),
    "a minute that no clock has": (
        both(("schedules.fuse.cron", "61 * * * *")), "and its minute '61' is not valid. Use 0-59",
    ),
    "an hour that no clock has": (
        both(("schedules.train.cron", "0 0-24 * * *")), "its hour '0-24' is not valid. Use 0-23",
    ),
    "the 32nd": (both(("schedules.train.cron", "0 0 1,32 * *")), "its day of the month '1,32'"),
    "a month that is none": (both(("schedules.fuse.cron", "0 0 1 jam *")), "its month 'jam'"),
    "the eighth day": (both(("schedules.fuse.cron", "0 0 * * 7")), "'7' is not valid. Use 0-6"),
    "a step of nothing": (
        both(("schedules.fuse.cron", "*/0 * * * *")), "steps (*/n) or lists (a,b).",
    ),
    "a range backwards": (
        both(("schedules.fuse.cron", "0 17-9 * * *")), "which ends before it begins",
    ),
    "two ways in": (
        both(("ingress.enabled", True), ("httpRoute.enabled", True)), "choose one way in",
    ),
    "an Ingress without a host": (both(("ingress.enabled", True)), "ingress.host is missing"),
    "an Ingress without TLS": (
        both(("ingress.enabled", True), ("ingress.host", "a.example")), "travel in the clear",
    ),
    "a route without a gateway": (both(("httpRoute.enabled", True)), "name the gateway"),
    "a way to nothing": (
        both(
            ("httpRoute.enabled", True), ("httpRoute.parentRefs", [{"name": "g"}]),
            ("serving.enabled", False),
        ),
        "there is no endpoint",
    ),
    "a gateway shut out": (
        both(("httpRoute.enabled", True), ("httpRoute.parentRefs", [{"name": "g"}])),
        "networkPolicy.ingressNamespaces is empty",
    ),
    "a queue for jobs that grow": (
        both(("queue.name", "q"), ("jobs.autoscaling.enabled", True)), "of a fixed size only",
    ),
    "a queue for executors that grow": (
        both(("queue.name", "q"), ("fuse.dynamicAllocation.enabled", True)),
        "Kueue refuses a SparkApplication",
    ),
    "more workers than most": (
        both(("jobs.autoscaling.enabled", True), ("jobs.worker.replicas", 99)),
        "jobs.worker.replicas (99) is above",
    ),
    "more executors than most": (
        both(
            ("fuse.dynamicAllocation.enabled", True), ("fuse.dynamicAllocation.minExecutors", 99)
        ),
        "minExecutors (99) is above maxExecutors (10)",
    ),
    "lists that go nowhere": (
        both(("schedules.recommend.enabled", True)), "say where the lists go",
    ),
    "suspend on 1.6": (both(("serving.suspend", True)), "needs KubeRay 1.7"),
    "a token of ours on 1.6": (both(("auth.existingSecret", "t")), "needs KubeRay 1.7"),
    "priority on 1.6": (both(("serving.workers.spot.priority", 2)), "needs KubeRay 1.7"),
    "incremental without a gateway": (
        both(("serving.upgrade.type", "NewClusterWithIncrementalUpgrade")),
        "moves the traffic through a Gateway",
    ),
    "incremental without autoscaling": (
        both(
            ("serving.upgrade.gatewayClassName", "istio"),
            ("serving.workers.onDemand.maxReplicas", 1),
        ),
        "needs pods that scale",
    ),
    "a step above the surge": (
        both(
            ("serving.upgrade.gatewayClassName", "istio"), ("serving.upgrade.stepSizePercent", 50)
        ),
        "replicas that are not there",
    ),
    "incremental pins replicas": (
        both(
            ("serving.upgrade.gatewayClassName", "istio"),
            ("serving.autoscaling.minReplicas", 0), ("serving.autoscaling.initialReplicas", 1),
        ),
        "Leave initialReplicas empty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("values,sentence", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_work_is_refused(values: dict[str, Any], sentence: str) -> None:
    assert sentence in " ".join(refusal(**values).split())


MISTYPED = {
    "a typo": (both(("serving.autoscalng.minReplicas", 1)), "'autoscalng' not allowed"),
    "a typo at the top": (both(("servng.enabled", True)), "'servng' not allowed"),
    "a word for a number": (both(("serving.drain.seconds", "30s")), "got string, want integer"),
    "an unknown policy": (both(("image.ray.pullPolicy", "Sometimes")), "/image/ray/pullPolicy"),
    "a version nobody made": (both(("kuberay.version", "2.0")), "/kuberay/version"),
    "keys in an address": (both(("s3.endpoint", "https://a:b@store")), "/s3/endpoint"),
    "a percentage": (both(("podDisruptionBudgets.minAvailableWorkers", "50%")), "want integer"),
    "an environment that is set": (
        both(("env", [{"name": "PLAIT_LIVE_STATE", "value": "redis://x"}])), "/env/0/name",
    ),
    "a durability nobody promises": (
        both(("liveState.external.durability", "always")), "/liveState/external/durability",
    ),
    "Spark's memory as Kubernetes writes it": (
        both(("fuse.executor.memory", "2Gi")), "/fuse/executor/memory",
    ),
    "no limit for Valkey": (both(("liveState.own.maxMemory", "0mb")), "/liveState/own/maxMemory"),
    "a cron of four fields": (both(("schedules.fuse.cron", "0 0 * *")), "/schedules/fuse/cron"),
    "a negative number": (both(("serving.autoscaling.minReplicas", -1)), "/minReplicas"),
}  # fmt: skip


@pytest.mark.parametrize("values,sentence", MISTYPED.values(), ids=MISTYPED.keys())
def test_the_schema_refuses(values: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(**values)


def test_a_release_name_leaves_room_for_runs() -> None:
    assert "at most 26 leave room" in refusal(release="a" * 27)
    assert run(release="a" * 26, values={"project": PROJECT, "secrets": {"generate": True}})


def test_a_schedule_is_taken_as_kubernetes_reads_it() -> None:
    for cron in ("*/15 2,3-5 ? jan-MAR mon-Fri", "05 0-23/2 31 12 0", "@daily", "@midnight"):
        assert run(values=merged(LEAST, both(("schedules.fuse.cron", cron)))).returncode == 0, cron


def test_a_project_is_needed() -> None:
    done = run(values={"secrets": {"generate": True}})
    assert "There is no project file. Set project" in done.stderr


def test_every_sentence_of_the_chart_has_its_case() -> None:
    """A guard that nothing fires is a guard that nobody knows to work."""
    checks = "".join(file.read_text() for file in (CHART / "templates").glob("_checks*.tpl"))
    known = [sentence for _, sentence in IMPOSSIBLE.values()]
    known += ["at most 26 leave room", "There is no project file", "must begin with a letter"]
    # tests/cluster/test_upgrade.py: they ask what is there.
    known += ["which no upgrade changes", "a volume never shrinks", "a volume never moves"]
    guards = re.findall(r'fail (?:\(printf )?"([^"]+)"', checks)
    assert len(guards) > 40
    for guard in guards:
        assert any(_plain(sentence) in _plain(guard) for sentence in known), guard


def _plain(text: str) -> str:
    """Returns a sentence with its numbers, names and blanks alike."""
    return re.sub(r"%[sdv]|\d+", "#", text)


def test_a_release_name_begins_with_a_letter() -> None:
    assert "must begin with a letter" in refusal(release="1st")
