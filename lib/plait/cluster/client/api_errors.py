"""Errors of the API server as plait errors, each with its fix."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from plait.errors import ClusterDown, NoCluster, OverQuota, PlaitError, Refused

if TYPE_CHECKING:
    from plait.cluster.client.kube_api import KubeApi

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, GONE, BUSY = 401, 403, 404, 409, 410, 429
_GROUP = re.compile(r"/apis/([^/]+)/([^/]+)/")
_UNTYPED = "failed to create typed patch object"
INSTALL = {
    "ray.io": "helm repo add kuberay https://ray-project.github.io/kuberay-helm/ && "
    "helm install kuberay-operator kuberay/kuberay-operator --version 1.6.0",
    "sparkoperator.k8s.io": "helm repo add spark-operator "
    "https://kubeflow.github.io/spark-operator && helm install spark-operator "
    "spark-operator/spark-operator --version 2.5.2",
}


class _RefusedVariant(Refused):
    @property
    def headline(self) -> str:
        """The headline of every `Refused`; only the code needs the variant."""
        return "Refused"


class NotFound(_RefusedVariant):
    """The requested resource does not exist."""


class Forbidden(_RefusedVariant):
    """The user is not allowed to do this."""


class AlreadyExists(_RefusedVariant):
    """A resource of this name already exists."""


class Expired(_RefusedVariant):
    """The resource version of a watch is too old. The resources must be listed again."""


class ApiServerBusy(ClusterDown):
    """The API server responds but is not ready: it just restarted, or is overloaded."""

    @property
    def headline(self) -> str:
        """The headline of every `ClusterDown`."""
        return "ClusterDown"


def to_api_error(status: int, body: bytes, path: str, api: KubeApi) -> PlaitError:
    """Returns the error for a response with status 400 or above."""
    said = _parse_status(body)
    message = str(said.get("message") or body.decode(errors="replace")[:300] or f"HTTP {status}")
    message = " ".join(message.split()).rstrip(".")
    if status == UNAUTHORIZED:
        return NoCluster(
            f"{api.where} does not know who you are (401): the token or certificate of this "
            "context has expired, or belongs to another cluster.",
            fix="Log in to the cluster again, then: kubectl auth whoami",
        )
    if status == FORBIDDEN:
        return _forbidden(message, api)
    if status == NOT_FOUND:
        return _not_found(said, message, path, api)
    if status == GONE:
        return Expired(message)
    if said.get("reason") == "AlreadyExists":
        return AlreadyExists(f"{message}.")
    if status == CONFLICT:
        return Refused(f"{message}.", fix="Another program owns these fields: change them there.")
    if _UNTYPED in message:  # sent with status 500, but not a fault of the server
        message, status = message.split("): ", 1)[-1], 400
    if status == BUSY or status >= 500:
        return ApiServerBusy(f"the API server of {api.where} cannot respond now ({message}).")
    return Refused(
        f"{api.where} does not accept it: {message}.",
        fix="The templates and the cluster's CRDs are of different versions: compare `helm list` "
        "with `plait doctor`.",
    )


def _parse_status(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _forbidden(message: str, api: KubeApi) -> PlaitError:
    if "exceeded quota" in message:
        quota = message[message.index("exceeded quota") :]
        return OverQuota(
            f"namespace '{api.namespace}' has no room: {quota}.",
            fix=f"See: kubectl -n {api.namespace} describe quota",
        )
    if "is being terminated" in message or "being deleted" in message:
        return NotFound(f"namespace '{api.namespace}' is being deleted.", fix="Give another: -n")
    if "cannot " not in message:  # from an admission plugin, not from RBAC
        return Refused(f"{api.where} does not allow it: {message}.")
    verb = re.search(r'cannot (\w+) resource "([^"]+)" in API group "([^"]*)"', message)
    name = f"{verb[1]} {verb[2]}{'.' + verb[3] if verb[3] else ''}" if verb else ""
    return Forbidden(
        f"{message} (forbidden by RBAC).",
        fix="Ask an administrator to bind your account to the chart's submitter role"
        + (f"; then: kubectl -n {api.namespace} auth can-i {name}" if name else "."),
    )


def _not_found(said: dict[str, Any], message: str, path: str, api: KubeApi) -> PlaitError:
    details = said.get("details") or {}
    if details.get("kind") == "namespaces":
        return namespace_not_found(api)
    asked = _GROUP.match(path)
    if details.get("name") or asked is None:
        return NotFound(f"{message}.")
    group, version = asked[1], asked[2]
    plural = path.split("/namespaces/")[-1].split("/")[1] if "/namespaces/" in path else group
    try:
        known = [entry["version"] for entry in api.get(f"/apis/{group}")["versions"]]
    except PlaitError:
        known = []
    if known and version not in known:
        return NotFound(
            f"{api.where} has {group} {', '.join(known)}, but not {version}, which the template "
            f"of {plural} uses.",
            fix=f"Upgrade the operator's CRDs, or the chart. {group}: {INSTALL.get(group, '')}",
        )
    return NotFound(
        f"{api.where} has no {plural}.{group}: the CRDs of its operator are not installed.",
        fix=f"Ask an administrator to run: {INSTALL[group]}" if group in INSTALL else "",
    )


def namespace_not_found(api: KubeApi) -> NotFound:
    """Returns the error for a namespace that does not exist."""
    return NotFound(
        f"there is no namespace '{api.namespace}' on {api.where}.",
        fix=f"Give another with -n, or: kubectl create namespace {api.namespace}",
    )
