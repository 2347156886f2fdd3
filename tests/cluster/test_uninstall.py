"""An uninstall leaves nothing but what the page says."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .document import Document
from .kubectl import get, kubectl, wait_until
from .steps import Steps

# What Kubernetes puts into every namespace, and what the reader made.
_OTHERS = {
    "configmap/kube-root-ca.crt", "serviceaccount/default", "secret/s3-keys",
    "secret/plait-pseudonyms", "persistentvolumeclaim/data-plait-live-state-0",
}  # fmt: skip
_KINDS = (
    "pods,services,configmaps,secrets,serviceaccounts,persistentvolumeclaims,statefulsets.apps,"
    "jobs.batch,cronjobs.batch,roles.rbac.authorization.k8s.io,"
    "rolebindings.rbac.authorization.k8s.io,networkpolicies.networking.k8s.io,"
    "poddisruptionbudgets.policy,rayclusters.ray.io,rayservices.ray.io"
)


def _left() -> set[str]:
    found = get(_KINDS, "-n", "plait")["items"]
    names = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in found}
    return names - {name for name in names if name.startswith("secret/sh.helm.release")}


def test_uninstall(operations: Document, desk: Path, shell: dict[str, str], steps: Steps) -> None:
    text = operations.section("Uninstall")
    assert {name.split("/")[1] for name in _OTHERS if "plait" in name} <= set(text.split("`"))
    shown = ("template", "plait", "helm/plait", "-n", "plait", "-f", "my.yaml", "--show-only")
    test = subprocess.run(
        ["helm", *shown, "templates/tests/score.yaml"],
        cwd=desk, env=shell, text=True, capture_output=True, check=True,
    ).stdout  # fmt: skip
    kubectl("apply", "-f", "-", stdin=test)  # as one that failed: it stays
    with steps.step("helm uninstall"):
        operations.run("Uninstall", desk, shell)
    wait_until(lambda: not _left() - _OTHERS, 120, f"nothing is left: {_left() - _OTHERS}")
    kubectl("delete", "namespace", "plait", "--timeout=120s")
