"""Probes whether an endpoint is ready, instead of relying on the state of its pods."""

from __future__ import annotations

import json
from dataclasses import replace

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import Resource
from plait.cluster.follow.run_state import RunState
from plait.errors import PlaitError

_OK = 200


def probe_readiness(api: KubeApi, resource: Resource, state: RunState) -> RunState:
    """Returns the state of a RayService that Kubernetes reports as ready, after probing it.

    Requests /health/ready of the Service through the API server's proxy. If that is not allowed
    or fails, the state is `state`, and `why` says that the endpoint was not probed.

    Args:
        api: the cluster.
        resource: the RayService.
        state: its state according to its status.
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
    if not isinstance(said, dict) or "detail" not in said:  # not the endpoint's response
        message = str(said.get("message", "")) if isinstance(said, dict) else ""
        if "no endpoints available" in message:
            return RunState("not ready", why="None of its pods accepts requests.")
        return _not_probed(state, message or f"HTTP {status}")
    return RunState("not ready", why=str(said["detail"]))


def _not_probed(state: RunState, why: str) -> RunState:
    return replace(
        state,
        why=f"As its pods report; /health/ready could not be read ({' '.join(why.split())[:200]}).",
    )
