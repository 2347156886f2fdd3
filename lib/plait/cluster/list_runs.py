"""Lists the runs of a namespace, or finds one by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from plait.cluster.client.api_errors import Forbidden, NotFound, namespace_not_found
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import KINDS, Resource
from plait.cluster.diagnose.endpoint_readiness import probe_readiness
from plait.cluster.follow.run_state import ExitCode, RunState, read_run_state
from plait.cluster.render.render_resource import WORKER_GROUP, ray_cluster_spec
from plait.cluster.render.templates import INSTANCE_LABEL
from plait.cluster.run_name import RUN_LABEL, VERB_LABEL
from plait.errors import NoRun, PlaitError, nearest


@dataclass(frozen=True)
class ClusterRun:
    """A run, as `plait status` shows it."""

    resource: Resource
    endpoint_state: RunState | None = None  # as the endpoint reports it, if it was probed

    @property
    def name(self) -> str:
        """Name of the resource."""
        return str(self.resource["metadata"]["name"])

    @property
    def state(self) -> RunState:
        """The run's state."""
        return self.endpoint_state or read_run_state(self.resource)

    @property
    def workers(self) -> str:
        """The requested number of workers: N, or MIN:MAX."""
        spec = self.resource["spec"]
        if self.resource["kind"] == "SparkApplication":
            return str((spec.get("executor") or {}).get("instances", ""))
        for group in ray_cluster_spec(self.resource).get("workerGroupSpecs") or []:
            if group.get("groupName") == WORKER_GROUP:
                least, most = group.get("minReplicas"), group.get("maxReplicas")
                count = group.get("replicas")
                return str(count) if least == most or least is None else f"{least}:{most}"
        return ""

    @property
    def submitted_at(self) -> datetime:
        """When it was submitted."""
        return parse_time(self.resource["metadata"]["creationTimestamp"])

    def age_s(self, now: datetime | None = None) -> float:
        """Seconds since it was submitted."""
        return ((now or datetime.now(UTC)) - self.submitted_at).total_seconds()

    def record(self) -> dict[str, Any]:
        """Returns the run as JSON values."""
        labels, state = self.resource["metadata"].get("labels") or {}, self.state
        return {
            "name": self.name,
            "verb": labels.get(VERB_LABEL, "serve"),
            "release": labels.get(INSTANCE_LABEL, ""),
            "run": labels.get(RUN_LABEL, ""),
            "kind": self.resource["kind"],
            "state": state.name,
            "ended": state.ended,
            "exit_code": None if state.exit is None else int(state.exit),
            "why": state.why,
            "workers": self.workers,
            "submitted": self.submitted_at.isoformat(),
        }


def parse_time(text: str) -> datetime:
    """Returns a Kubernetes timestamp as a datetime."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def list_runs(api: KubeApi) -> list[ClusterRun]:
    """Returns the namespace's runs and the RayServices of its releases, newest first.

    Raises:
        Refused, NoCluster, ClusterDown: the runs cannot be listed.
    """
    found: dict[str, ClusterRun] = {}
    missing: list[PlaitError] = []
    for kind in KINDS.values():
        selectors = [VERB_LABEL]
        if kind.name == "RayService":
            selectors.append("app.kubernetes.io/part-of=plait")
        for selector in selectors:
            try:
                listed = api.get(api.resource_path(kind), labelSelector=selector)["items"]
            except (NotFound, Forbidden) as error:  # a missing operator or right is no error here
                missing.append(error)
                continue
            for resource in listed:
                resource.setdefault("kind", kind.name)
                found[resource["metadata"]["uid"]] = ClusterRun(resource)
    if len(missing) == len(KINDS) + 1:
        raise missing[0]
    if not found:
        check_namespace(api)
    return sorted(found.values(), key=lambda run: run.submitted_at, reverse=True)


def check_endpoint(api: KubeApi, run: ClusterRun) -> ClusterRun:
    """Returns `run`. If it is an endpoint that looks ready, its state comes from a probe."""
    state = run.state
    if run.resource["kind"] != "RayService" or state.exit is not ExitCode.SUCCEEDED:
        return run
    return replace(run, endpoint_state=probe_readiness(api, run.resource, state))


def find_run(api: KubeApi, name: str) -> ClusterRun:
    """Returns the run `name`.

    Raises:
        NoRun: there is no such run.
        Refused, NoCluster, ClusterDown: the runs cannot be listed.
    """
    listed = list_runs(api)
    for run in listed:
        if run.name == name:
            return run
    raise NoRun(
        f"namespace '{api.namespace}' has no run '{name}'.",
        allowed=nearest(name, [run.name for run in listed][:20]),
        fix="List them: plait status",
    )


def check_namespace(api: KubeApi) -> None:
    """Checks that the namespace exists: listing a missing namespace returns an empty list.

    Raises:
        Refused: the namespace does not exist.
    """
    try:
        api.get(f"/api/v1/namespaces/{api.namespace}")
    except NotFound:
        raise namespace_not_found(api) from None
    except PlaitError:
        return  # reading namespaces may be forbidden
