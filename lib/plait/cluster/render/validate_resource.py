"""Checks, before submission, rules that operators check only after they accepted a resource.

KubeRay reports a violation minutes later, in an event; Kueue leaves the run waiting. Compare
ray-operator/controllers/ray/utils/validation.go of KubeRay and the integrations of Kueue.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from plait.cluster.cluster_verbs import SPARK, Resource, Verb
from plait.cluster.render.render_resource import QUEUE_LABEL, ray_cluster_spec, ray_pod_specs
from plait.errors import RuleBroken

_ELASTIC_JOB = "kueue.x-k8s.io/elastic-job"
_DELETION_ORDER = ("DeleteWorkers", "DeleteCluster", "DeleteSelf")
_AUTOSCALER_V2 = "RAY_enable_autoscaler_v2"
_TOKEN_AUTH_SINCE = (2, 52)
_MAX_POD_SETS = 8


def validate(verb: Verb, resource: Resource) -> None:
    """Checks a rendered resource.

    Raises:
        RuleBroken: has one sentence per broken rule.
    """
    broken = list(violations(verb, resource))
    if broken:
        raise RuleBroken(
            f"{verb.kind.operator} would not run this {verb.name}: {' '.join(broken)}",
            fix="Correct the chart's values and run `helm upgrade`.",
        )


def violations(verb: Verb, resource: Resource) -> Iterator[str]:
    """Yields a sentence for each rule that `resource` breaks."""
    queued = QUEUE_LABEL in (resource["metadata"].get("labels") or {})
    if verb.kind is SPARK:
        yield from _spark_violations(resource["spec"], queued)
        return
    if verb.kind.name == "RayJob":
        yield from _ray_job_violations(resource["spec"])
        yield from _deletion_violations(resource["spec"])
    yield from _ray_cluster_violations(resource)
    if queued:
        yield from _kueue_violations(resource)


def _spark_violations(spec: dict[str, Any], queued: bool) -> Iterator[str]:
    if queued and (spec.get("dynamicAllocation") or {}).get("enabled"):
        yield "Kueue accepts no SparkApplication with dynamicAllocation: its size must be fixed."
    for part in ("driver", "executor"):
        if spec.get("nodeSelector") and (spec.get(part) or {}).get("nodeSelector"):
            yield f"nodeSelector is set at spec and at {part}; the operator accepts only one."
        if (spec.get(part) or {}).get("template") and spec.get("sparkVersion", "").startswith("2"):
            yield f"a pod template of the {part} needs Spark 3."


def _ray_job_violations(spec: dict[str, Any]) -> Iterator[str]:
    selector = spec.get("clusterSelector")
    if not spec.get("rayClusterSpec") and not selector:
        yield "one of rayClusterSpec and clusterSelector must be set."
    if spec.get("suspend") and selector:
        yield "a job on an existing cluster (clusterSelector) cannot be suspended."
    if spec.get("suspend") and not (
        spec.get("shutdownAfterJobFinishes") or spec.get("deletionStrategy")
    ):
        yield "a suspended job needs shutdownAfterJobFinishes."
    if spec.get("ttlSecondsAfterFinished") and not spec.get("shutdownAfterJobFinishes"):
        yield "ttlSecondsAfterFinished needs shutdownAfterJobFinishes."
    for name, least in (("activeDeadlineSeconds", 1), ("backoffLimit", 0)):
        if spec.get(name) is not None and spec[name] < least:
            yield f"{name} is {spec[name]}; it must be {least} or more."
    if spec.get("submissionMode") == "SidecarMode":
        for name in ("submitterPodTemplate", "submitterConfig", "clusterSelector"):
            if spec.get(name):
                yield f"{name} is not allowed with submissionMode SidecarMode."
    if spec.get("submissionMode") == "InteractiveMode" and spec.get("backoffLimit"):
        yield "backoffLimit is not allowed with submissionMode InteractiveMode."


def _deletion_violations(spec: dict[str, Any]) -> Iterator[str]:
    strategy = spec.get("deletionStrategy")
    if strategy is None:
        return
    rules = strategy.get("deletionRules") or []
    old = [name for name in ("onSuccess", "onFailure") if strategy.get(name)]
    if rules and spec.get("shutdownAfterJobFinishes"):
        yield "deletionRules and shutdownAfterJobFinishes exclude each other."
    if rules and old:
        yield f"deletionRules and {old[0]} exclude each other."
    if not rules and len(old) < 2:
        yield "deletionStrategy needs deletionRules."
    scaled = (spec.get("rayClusterSpec") or {}).get("enableInTreeAutoscaling")
    waits: dict[str, dict[str, int]] = {}
    for rule in rules:
        condition, policy = rule.get("condition") or {}, rule.get("policy")
        when = str(condition.get("jobStatus") or condition.get("jobDeploymentStatus"))
        seconds = int(condition.get("ttlSeconds") or 0)
        if seconds < 0:
            yield f"ttlSeconds of {policy} is {seconds}."
        if policy == "DeleteWorkers" and scaled:
            yield "DeleteWorkers is not allowed with an autoscaler."
        if policy in waits.setdefault(when, {}):
            yield f"two rules have {policy} for {when}."
        waits[when][policy] = seconds
    for when, seconds_of in waits.items():
        known = [(name, seconds_of[name]) for name in _DELETION_ORDER if name in seconds_of]
        for (first, sooner), (then, later) in pairwise(known):
            if later < sooner:
                yield f"for {when}, {then} ({later} s) comes before {first} ({sooner} s)."


def _ray_cluster_violations(resource: Resource) -> Iterator[str]:
    cluster = ray_cluster_spec(resource)
    if not cluster:
        return
    scaled = bool(cluster.get("enableInTreeAutoscaling"))
    options = cluster.get("autoscalerOptions") or {}
    version = str(cluster.get("rayVersion") or "")
    for which, pod in ray_pod_specs(resource):
        if not pod.get("containers"):
            yield f"{which} has no container."
    for group in cluster.get("workerGroupSpecs") or []:
        name, least, most = group["groupName"], group.get("minReplicas"), group.get("maxReplicas")
        count = group.get("replicas")
        if least is not None and most is not None and least > most:
            yield f"worker group '{name}' has minReplicas {least} above maxReplicas {most}."
        elif count is not None and not (least or 0) <= count <= (count if most is None else most):
            yield f"worker group '{name}' has {count} replicas, outside of {least} to {most}."
        if scaled and group.get("suspend"):
            yield f"worker group '{name}' is suspended, which an autoscaler does not allow."
        if "labels" in (group.get("rayStartParams") or {}):
            yield f"worker group '{name}' has labels in rayStartParams; use the field labels."
    head = (cluster.get("headGroupSpec") or {}).get("template", {}).get("spec", {})
    own = {
        env["name"]: env.get("value")
        for container in head.get("containers", [])[:1]
        for env in container.get("env") or []
    }
    if not scaled and own.get(_AUTOSCALER_V2) in ("1", "true"):
        yield f"{_AUTOSCALER_V2} is set without enableInTreeAutoscaling."
    if scaled and options.get("version") and _AUTOSCALER_V2 in own:
        yield f"{_AUTOSCALER_V2} and autoscalerOptions.version are both set."
    if scaled and options.get("version") == "v2":
        for which, pod in ray_pod_specs(resource):
            if which != "the submitter" and pod.get("restartPolicy", "Never") != "Never":
                yield f"{which} restarts its containers; under autoscaler v2 it must be Never."
    fault_tolerance = cluster.get("gcsFaultToleranceOptions")
    for name in ("RAY_REDIS_ADDRESS", "REDIS_PASSWORD", "REDIS_USERNAME"):
        if name in own and (fault_tolerance or name != "REDIS_PASSWORD"):
            yield f"{name} is set in the head; it belongs in gcsFaultToleranceOptions."
    if (cluster.get("authOptions") or {}).get("mode") == "token":
        known = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
        if known < _TOKEN_AUTH_SINCE:
            yield f"a token needs Ray 2.52 or newer, and rayVersion is '{version}'."


def _kueue_violations(resource: Resource) -> Iterator[str]:
    spec, cluster = resource["spec"], ray_cluster_spec(resource)
    annotations = resource["metadata"].get("annotations") or {}
    if resource["kind"] == "RayJob":
        if not spec.get("shutdownAfterJobFinishes"):
            yield "Kueue accepts a RayJob only with shutdownAfterJobFinishes."
        if spec.get("clusterSelector"):
            yield "Kueue accepts no RayJob on an existing cluster (clusterSelector)."
    if cluster.get("enableInTreeAutoscaling") and annotations.get(_ELASTIC_JOB) != "true":
        yield f"Kueue accepts no autoscaler without the annotation {_ELASTIC_JOB}."
    if len(cluster.get("workerGroupSpecs") or []) + 1 > _MAX_POD_SETS - 1:
        yield f"Kueue accepts at most {_MAX_POD_SETS - 2} worker groups."
