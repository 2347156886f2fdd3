"""Cancels a run and keeps its resource, so that `plait status` can still show it."""

from __future__ import annotations

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import KINDS, Resource
from plait.cluster.follow.run_state import CANCELLED, EXIT_CODE_ANNOTATION, ExitCode
from plait.cluster.render.render_resource import QUEUE_LABEL


def cancel_run(
    api: KubeApi, resource: Resource, why: str, exit_code: ExitCode = ExitCode.CANCELLED
) -> str:
    """Suspends the run: its pods are deleted, its resource stays. Returns a message for the user.

    A RayService is deleted, as it cannot be suspended. So is a run in a Kueue queue: Kueue would
    resume a suspended run.

    Raises:
        Refused, NoCluster, ClusterDown: as `KubeApi.patch` does.
    """
    kind, name = KINDS[resource["kind"]], resource["metadata"]["name"]
    queued = QUEUE_LABEL in (resource["metadata"].get("labels") or {})
    if queued or resource["kind"] == "RayService":
        return delete_run(api, resource)
    spec: Resource = {"suspend": True}
    if resource["kind"] == "RayJob":
        # KubeRay suspends only jobs with shutdownAfterJobFinishes, which deletionRules exclude.
        spec |= {"shutdownAfterJobFinishes": True, "deletionStrategy": None}
    annotations = {CANCELLED: why, EXIT_CODE_ANNOTATION: str(int(exit_code))}
    api.patch(kind, name, {"metadata": {"annotations": annotations}, "spec": spec})
    return (
        f"{name} is suspended: its pods are being deleted, the {resource['kind']} stays. "
        f"To remove it too: plait cancel {name} --delete"
    )


def delete_run(api: KubeApi, resource: Resource) -> str:
    """Deletes the run and all it owns. Returns a message. Raises as `cancel_run` does."""
    kind, name = KINDS[resource["kind"]], resource["metadata"]["name"]
    api.delete(kind, name)
    return f"{resource['kind']} {name} is being deleted, with all its pods and Services."
