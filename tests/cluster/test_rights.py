"""Each service account can do what its work needs, and nothing more."""

from __future__ import annotations

import re

import pytest

from .kubectl import get, kubectl

_JOB = {"get", "list", "watch", "create", "patch", "delete"}
_SEEN = {"get", "list", "watch"}
_ALL = _JOB | {"update", "deletecollection"}
# What is allowed in the release's namespace; a resource that is not here is refused.
RIGHTS = {
    "serve": {},
    "jobs": {},
    "executor": {},
    "plain": {},
    "fuse": dict.fromkeys(("pods", "configmaps", "services", "persistentvolumeclaims"), _ALL),
    "submitter": {
        "configmaps": {"get", "list"},
        "rayjobs.ray.io": _JOB,
        "sparkapplications.sparkoperator.k8s.io": _JOB,
        "rayclusters.ray.io": _SEEN,
        "pods": _SEEN,
        "events": _SEEN,
        "pods/log": {"get"},
    },
}
_RULE = re.compile(r"^(\S+)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]$")


def _allowed(account: str, namespace: str) -> dict[str, set[str]]:
    """Returns the verbs that an account of the release has, by resource."""
    name = f"system:serviceaccount:plait:plait-{account}"
    listed = kubectl("auth", "can-i", "--list", f"--as={name}", "-n", namespace, "--no-headers")
    rules: dict[str, set[str]] = {}
    for line in listed.splitlines():
        rule = _RULE.match(line)
        if rule and not rule[2] and not rule[1].startswith("self"):  # what everybody may
            rules.setdefault(rule[1], set()).update(rule[4].split())
    return rules


@pytest.mark.parametrize("account", RIGHTS)
def test_an_account_has_its_rights_and_no_more(account: str) -> None:
    assert _allowed(account, "plait") == RIGHTS[account]
    assert _allowed(account, "default") == {}


def test_every_account_of_the_release_is_known_here() -> None:
    found = get("serviceaccounts", "-n", "plait", "-l", "app.kubernetes.io/part-of=plait")
    names = {one["metadata"]["name"].removeprefix("plait-") for one in found["items"]}
    assert names - {"head"} <= RIGHTS.keys() | {"uninstall"}


def test_the_head_may_scale_its_own_cluster_alone() -> None:
    """KubeRay gives Ray's autoscaler its rights, where there is one."""
    allowed = _allowed("head", "plait")
    assert allowed.keys() <= {"pods", "pods/resize", "rayclusters.ray.io"}, allowed
    assert _allowed("head", "default") == {}
