"""A thin client of the API server: JSON in and out, every failure is a PlaitError (ADR 16)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from plait.cluster.client.api_errors import ApiServerBusy, to_api_error
from plait.cluster.cluster_verbs import Resource, ResourceKind
from plait.errors import ClusterDown

FIELD_MANAGER = "plait"  # the field manager of server-side apply
_REQUEST_TIMEOUT_S = (5, 30)  # seconds to connect, seconds to respond
_STREAM_TIMEOUT_S = (5, 75)  # a stream that is silent for longer is dead
_AUTH = ["BearerToken"]
_APPLY = "application/apply-patch+yaml"


@dataclass
class KubeApi:
    """A connection to the cluster.

    Attributes:
        client: an ApiClient of the kubernetes package.
        namespace: the namespace of all requests.
        where: names the cluster in messages.
        retry_s: seconds for which a request without a response is retried. So the API server may
            receive a request twice.
    """

    client: Any
    namespace: str
    where: str
    retry_s: float = 20.0

    def without_retries(self) -> KubeApi:
        """Returns this connection without retries, for a caller that retries by itself."""
        return replace(self, retry_s=0.0)

    def get(self, path: str, **query: Any) -> Resource:
        """Returns the resource, or the list, at `path`.

        Raises:
            Refused, NoCluster: the API server refuses the request.
            ClusterDown: the API server does not respond.
        """
        return self._request_json("GET", path, query)

    def post(self, path: str, body: Resource) -> Resource:
        """Creates `body`. Raises as `get` does."""
        return self._request_json("POST", path, {}, body)

    def apply(self, kind: ResourceKind, resource: Resource, dry_run: bool = False) -> Resource:
        """Applies `resource` server-side: refuses unknown fields, and forces no conflicts.

        Raises as `get` does.
        """
        path = self.resource_path(kind, resource["metadata"]["name"], resource["apiVersion"])
        return self._request_json("PATCH", path, _strict(dry_run), resource, _APPLY)

    def create(self, kind: ResourceKind, resource: Resource, dry_run: bool = False) -> Resource:
        """Creates `resource`, as strict as `apply`. Never changes an existing resource.

        Raises as `get` does, and `AlreadyExists` if there is one of its name.
        """
        path = self.resource_path(kind, api_version=resource["apiVersion"])
        return self._request_json("POST", path, _strict(dry_run), resource)

    def patch(self, kind: ResourceKind, name: str, change: Resource) -> Resource:
        """Merges `change` into a resource. Raises as `get` does."""
        query = {"fieldManager": FIELD_MANAGER}
        return self._request_json(
            "PATCH", self.resource_path(kind, name), query, change, "application/merge-patch+json"
        )

    def delete(self, kind: ResourceKind, name: str) -> Resource:
        """Deletes all that a resource owns, and then the resource. Raises as `get` does."""
        return self._request_json(
            "DELETE", self.resource_path(kind, name), {"propagationPolicy": "Foreground"}
        )

    def resource_path(self, kind: ResourceKind, name: str = "", api_version: str = "") -> str:
        """Returns the path of a custom resource of the namespace; without `name`, of all."""
        root = f"/apis/{api_version or kind.api_version}/namespaces/{self.namespace}/{kind.plural}"
        return f"{root}/{name}" if name else root

    def core_path(self, plural: str, name: str = "") -> str:
        """Returns the path of pods, events, ... of the namespace."""
        root = f"/api/v1/namespaces/{self.namespace}/{plural}"
        return f"{root}/{name}" if name else root

    def get_by_proxy(self, service: str, path: str) -> tuple[int, bytes]:
        """Returns status and body of a Service's response, through the API server's proxy.

        Args:
            service: its name and port, as name:port.
            path: of the request, with its leading slash.

        Raises:
            ClusterDown: the API server does not respond.
        """
        response = self._request("GET", self.core_path("services", f"{service}/proxy{path}"), {})
        return int(response.status), self._read(response)

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """Yields the lines of a streamed response: a watch, or a log. Raises as `get` does."""
        response = self._send("GET", path, query, timeout=_STREAM_TIMEOUT_S)
        raw = response.response
        try:
            yield _read_lines(raw, self.where)
        finally:
            raw.close()
            raw.release_conn()

    def _request_json(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Resource | None = None,
        content: str = "application/json",
    ) -> Resource:
        began, pause = time.monotonic(), 0.25
        while True:
            try:
                response = self._send(method, path, query, body, content=content)
                answer: Resource = json.loads(self._read(response) or b"{}")
                return answer
            except ClusterDown as error:
                pause = min(pause * 2, 4.0)
                wait = self.retry_s * (3 if isinstance(error, ApiServerBusy) else 1)
                if time.monotonic() + pause > began + wait:
                    raise
                time.sleep(pause)

    def _send(
        self, method: str, path: str, query: Mapping[str, Any], body: Any = None, **more: Any
    ) -> Any:
        response = self._request(method, path, query, body, **more)
        if response.status >= 400:
            raise to_api_error(response.status, self._read(response), path, self)
        return response

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Any = None,
        content: str = "application/json",
        timeout: tuple[int, int] = _REQUEST_TIMEOUT_S,
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": content}
        with _as_cluster_down(self.where):
            request = self.client.param_serialize(
                method, path, query_params=list(query.items()), header_params=headers,
                body=body, auth_settings=_AUTH,
            )  # fmt: skip
            return self.client.call_api(*request, _request_timeout=timeout)

    def _read(self, response: Any) -> bytes:
        with _as_cluster_down(self.where):
            data: bytes = response.read()
        return data


def _strict(dry_run: bool) -> dict[str, str]:
    query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
    return query | {"dryRun": "All"} if dry_run else query


def to_cluster_down(where: str, error: Exception) -> ClusterDown:
    """Returns the error for an API server that does not respond."""
    reason = " ".join(str(getattr(error, "reason", None) or error).split())
    # urllib3's message begins with an object and its memory address, which help no reader.
    reason = re.sub(r"^(<[^>]+>|\w+\(host=.*?\)): ", "", reason)
    return ClusterDown(
        f"the API server of {where} does not respond ({reason or type(error).__name__}).",
        fix="Is it up, and is this the right context? See: kubectl config get-contexts; "
        "kubectl cluster-info",
    )


def _read_lines(raw: Any, where: str) -> Iterator[bytes]:
    with _as_cluster_down(where):
        for line in raw:  # the last one may have no newline
            yield line.removesuffix(b"\n")


@contextmanager
def _as_cluster_down(where: str) -> Iterator[None]:
    from kubernetes.client import ApiException  # kubernetes raises it if TLS fails
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (ApiException, HTTPError, OSError) as error:
        raise to_cluster_down(where, error) from None
