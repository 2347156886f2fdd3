"""The API server, as plait asks it: plain JSON in and out, every fault a sentence."""

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
_REQUEST_TIMEOUT_S = (5, 30)  # seconds to connect, seconds to answer
_STREAM_TIMEOUT_S = (5, 75)  # a stream that says nothing for longer is dead
_AUTH = ["BearerToken"]


@dataclass
class KubeApi:
    """A connection to the cluster.

    Attributes:
        client: kubernetes' ApiClient.
        namespace: where everything is looked for.
        where: names the cluster for people.
        patience: seconds for which a question is asked again when there is no answer; all of
            them may be asked twice.
    """

    client: Any
    namespace: str
    where: str
    patience: float = 20.0

    def hasty(self) -> KubeApi:
        """Returns the connection for who asks again by himself."""
        return replace(self, patience=0.0)

    def get(self, path: str, **query: Any) -> Resource:
        """Returns what lies at `path`.

        Raises:
            Refused, NoCluster: the API server said no.
            ClusterDown: it did not answer.
        """
        return self._ask("GET", path, query)

    def post(self, path: str, body: Resource) -> Resource:
        """Creates `body`. Raises as `get` does."""
        return self._ask("POST", path, {}, body)

    def apply(self, kind: ResourceKind, resource: Resource, dry_run: bool = False) -> Resource:
        """Applies `resource` on the server's side: strict about fields, no field is taken by force.

        Raises as `get` does.
        """
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = self.path(kind, resource["metadata"]["name"], resource["apiVersion"])
        return self._ask("PATCH", path, query, resource, "application/apply-patch+yaml")

    def create(self, kind: ResourceKind, resource: Resource, dry_run: bool = False) -> Resource:
        """Creates `resource`, as strict as `apply`, and never changes one that is there.

        Raises as `get` does; `Taken` where there is one of its name.
        """
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        path = self.path(kind, api_version=resource["apiVersion"])
        return self._ask("POST", path, query, resource)

    def patch(self, kind: ResourceKind, name: str, change: Resource) -> Resource:
        """Merges `change` into a resource. Raises as `get` does."""
        query = {"fieldManager": FIELD_MANAGER}
        return self._ask(
            "PATCH", self.path(kind, name), query, change, "application/merge-patch+json"
        )

    def delete(self, kind: ResourceKind, name: str) -> Resource:
        """Deletes a resource and, before it is gone, all it owns. Raises as `get` does."""
        return self._ask("DELETE", self.path(kind, name), {"propagationPolicy": "Foreground"})

    def path(self, kind: ResourceKind, name: str = "", api_version: str = "") -> str:
        """Returns the path of a custom resource of the namespace, or of all of them."""
        root = f"/apis/{api_version or kind.api_version}/namespaces/{self.namespace}/{kind.plural}"
        return f"{root}/{name}" if name else root

    def core(self, plural: str, name: str = "") -> str:
        """Returns the path of pods, events, ... of the namespace."""
        root = f"/api/v1/namespaces/{self.namespace}/{plural}"
        return f"{root}/{name}" if name else root

    def get_through(self, service: str, path: str) -> tuple[int, bytes]:
        """Returns status and body of what a Service answers, asked by way of the API server.

        Args:
            service: its name and port, as name:port.
            path: of the request, with its first slash.

        Raises:
            ClusterDown: the API server does not answer.
        """
        response = self._request("GET", self.core("services", f"{service}/proxy{path}"), {})
        return int(response.status), self._read(response)

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """Yields the lines of an answer that goes on: a watch, or a log. Raises as `get` does."""
        response = self._send("GET", path, query, timeout=_STREAM_TIMEOUT_S)
        raw = response.response
        try:
            yield _read_lines(raw, self.where)
        finally:
            raw.close()
            raw.release_conn()

    def _ask(
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
                response = self._send(method, path, query, body, content)
                answer: Resource = json.loads(self._read(response) or b"{}")
                return answer
            except ClusterDown as error:
                pause = min(pause * 2, 4.0)
                wait = self.patience * (3 if isinstance(error, ApiServerBusy) else 1)
                if time.monotonic() + pause > began + wait:
                    raise
                time.sleep(pause)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Resource | None = None,
        content: str = "application/json",
        timeout: tuple[int, int] = _REQUEST_TIMEOUT_S,
    ) -> Any:
        response = self._request(method, path, query, body, content, timeout)
        if response.status >= 400:
            raise to_api_error(response.status, self._read(response), path, self)
        return response

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Resource | None = None,
        content: str = "application/json",
        timeout: tuple[int, int] = _REQUEST_TIMEOUT_S,
    ) -> Any:
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json", "Content-Type": content}
        # JSON is YAML too: the client would not send a patch of YAML as it is.
        sent: Any = body
        if body is not None and content.endswith("yaml"):
            sent = json.dumps(body)
        try:
            request = self.client.param_serialize(
                method, path, query_params=list(query.items()), header_params=headers,
                body=sent, auth_settings=_AUTH,
            )  # fmt: skip
            return self.client.call_api(*request, _request_timeout=timeout)
        except (HTTPError, OSError) as error:
            raise to_cluster_down(self.where, error) from None

    def _read(self, response: Any) -> bytes:
        from urllib3.exceptions import HTTPError

        try:
            data: bytes = response.read()
        except (HTTPError, OSError) as error:
            raise to_cluster_down(self.where, error) from None
        return data


def to_cluster_down(where: str, error: Exception) -> ClusterDown:
    """Returns the sentence for an API server that does not answer."""
    reason = " ".join(str(getattr(error, "reason", None) or error).split())
    # urllib3 begins with the object at its memory address: nothing a reader can use.
    reason = re.sub(r"^(<[^>]+>|\w+\(host=.*?\)): ", "", reason)
    return ClusterDown(
        f"the API server of {where} does not answer ({reason or type(error).__name__}).",
        fix="Is it up, and is this the right context? See: kubectl config get-contexts; "
        "kubectl cluster-info",
    )


def _read_lines(raw: Any, where: str) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    rest = b""
    try:
        for part in raw.stream(amt=None, decode_content=False):
            *whole, rest = (rest + part).split(b"\n")
            yield from whole
    except (HTTPError, OSError) as error:
        raise to_cluster_down(where, error) from None
    if rest:
        yield rest
