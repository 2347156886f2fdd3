"""Watches one resource: reconnects, backs off, and lists again if its version has expired."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plait.cluster.client.api_errors import Expired, to_api_error
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import Resource
from plait.errors import ClusterDown, PlaitError

_WATCH_TIMEOUT_S = 55  # then the server ends the watch, and it is restarted
_FIRST_BACKOFF_S, _MAX_BACKOFF_S = 0.5, 8.0
_RESTART_GRACE_S = 60


@dataclass(frozen=True)
class ResourceSeen:
    """The resource as it is now; None if it is gone."""

    resource: Resource | None


@dataclass(frozen=True)
class ServerSilent:
    """The API server has not responded for `seconds`; 0 when it responds again."""

    seconds: float
    reason: str


def watch_resource(
    api: KubeApi,
    path: str,
    name: str,
    stop: threading.Event,
    since: str | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[ResourceSeen | ServerSilent]:
    """Yields the resource `name` of the list at `path` now and after every change, until `stop`.

    Args:
        api: the cluster.
        path: of the list.
        name: of the resource.
        stop: ends the watch.
        since: the resource version to start from; default: the resource is listed first.
        wait: sleeps between two attempts.

    Raises:
        Refused, NoCluster: the API server refuses the request.
    """
    version, pause, lost = since, _FIRST_BACKOFF_S, 0.0
    field = {"fieldSelector": f"metadata.name={name}"}
    while not stop.is_set():
        try:
            if version is None:
                listed = api.get(path, **field)
                version = listed["metadata"]["resourceVersion"]
                yield ResourceSeen(next(iter(listed["items"]), None))
            query = {
                "watch": "true",
                "resourceVersion": version,
                "timeoutSeconds": _WATCH_TIMEOUT_S,
            }
            with api.stream(path, allowWatchBookmarks="true", **field, **query) as lines:
                if lost:
                    lost = 0.0
                    yield ServerSilent(0, "")
                for line in lines:
                    pause = _FIRST_BACKOFF_S
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise to_api_error(event["object"].get("code", 500), line, path, api)
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] == "DELETED":
                        yield ResourceSeen(None)
                    elif event["type"] != "BOOKMARK":
                        yield ResourceSeen(event["object"])
                    if stop.is_set():
                        return
        except Expired:
            version = None
        except (PlaitError, ValueError) as error:  # a truncated line is not JSON
            # An API server that just restarted may not have loaded RBAC yet.
            waking = bool(lost) and time.monotonic() - lost < _RESTART_GRACE_S
            if isinstance(error, PlaitError) and not (waking or isinstance(error, ClusterDown)):
                raise
            lost = lost or time.monotonic()
            yield ServerSilent(max(time.monotonic() - lost, 0.001), str(error))
            wait(pause)
            pause = min(pause * 2, _MAX_BACKOFF_S)
