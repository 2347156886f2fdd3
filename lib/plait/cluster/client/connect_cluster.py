"""Connects to the cluster that kubectl would use, or to the one that this process runs in."""

from __future__ import annotations

import os
from pathlib import Path

from plait.cluster.client.kube_api import KubeApi
from plait.errors import MissingClient, NoCluster, nearest

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def connect_cluster(context: str | None = None, namespace: str | None = None) -> KubeApi:
    """Returns a connection. Sends no request yet.

    Args:
        context: of the kubeconfig; default: its current one, or the cluster this runs in.
        namespace: default: the context's, else this pod's, else `default`.

    Raises:
        MissingClient: the Kubernetes client is not installed.
        NoCluster: the kubeconfig or the context is missing or invalid.
    """
    try:
        from kubernetes import client, config
        from kubernetes.config import ConfigException
    except ImportError as error:
        raise MissingClient(
            f"the Kubernetes client cannot be imported ({error}).",
            fix="Run: pip install --upgrade plait",
        ) from None
    settings = client.Configuration()
    files = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    inside = (
        context is None and "KUBECONFIG" not in os.environ and (_SERVICE_ACCOUNT / "token").exists()
    )
    try:
        if inside:
            config.load_incluster_config(client_configuration=settings)
            own = (_SERVICE_ACCOUNT / "namespace").read_text().strip()
            where = "this cluster"
        else:
            contexts, current = config.list_kube_config_contexts()
            names = [entry["name"] for entry in contexts]
            if context is not None and context not in names:
                raise NoCluster(
                    f"'{files}' has no context '{context}'.", allowed=nearest(context, names)
                )
            chosen = next((e for e in contexts if e["name"] == context), current)
            own = chosen["context"].get("namespace") or "default"
            where = f"context '{chosen['name']}'"
            config.load_kube_config(context=chosen["name"], client_configuration=settings)
    except NoCluster:
        raise
    except (ConfigException, OSError, KeyError, TypeError, ValueError) as error:
        raise NoCluster(
            f"no cluster: {' '.join(str(error).split()).rstrip('.')} ({files}).",
            allowed="plait looks where kubectl does: KUBECONFIG, else ~/.kube/config.",
            fix="Name the file: export KUBECONFIG=/path/to/kubeconfig; then: kubectl cluster-info",
        ) from None
    settings.retries = False  # KubeApi decides what is retried, and for how long
    return KubeApi(client.ApiClient(settings), namespace or own, where)
