"""Whether an endpoint answers: what it says itself, not what its pods look like."""

from __future__ import annotations

import json
from dataclasses import replace

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import Resource
from plait.cluster.follow.run_state import RunState
from plait.errors import PlaitError

_OK = 200


def probe_readiness(api: KubeApi, resource: Resource, state: RunState) -> RunState:
    """Returns the state of a RayService that Kubernetes calls ready, after asking it.

    The Service is asked for /health/ready by way of the API server. Where that is not allowed or
    does not come through, `why` says that nobody asked.

    Args:
        api: the cluster.
        resource: the RayService.
        state: how it stands by its status.
    """
    service = f"{resource['metadata']['name']}-serve-svc:8000"
    try:
        status, body = api.get_by_proxy(service, "/health/ready")
    except PlaitError as error:
        return _not_probed(state, str(error))
    if status == _OK:
        return state
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    if not isinstance(said, dict) or "detail" not in said:  # not the endpoint's answer
        message = str(said.get("message", "")) if isinstance(said, dict) else ""
        if "no endpoints available" in message:
            return RunState("not ready", why="No pod of it takes requests.")
        return _not_probed(state, message or f"HTTP {status}")
    return RunState("not ready", why=str(said["detail"]))


def _not_probed(state: RunState, why: str) -> RunState:
    return replace(
        state, why=f"By its pods; /health/ready could not be asked ({' '.join(why.split())[:200]})."
    )
