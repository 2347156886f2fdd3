"""Who reaches what: strangers nothing, applications the endpoint and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .kubectl import apply, get, kubectl, wait_until
from .served import Served
from .steps import Steps

# Connects to every HOST:PORT of its arguments, again and again, since rules reach a new pod some
# seconds late; prints which of them ever let it in.
_PROBE = """
import json, socket, sys, time
reached, until = set(), time.monotonic() + 12
while time.monotonic() < until:
    for place in sys.argv[1:]:
        host, port = place.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), 1).close()
            reached.add(place)
        except OSError:
            pass
    time.sleep(0.5)
print(json.dumps(sorted(reached)))
"""


def _pod(namespace: str, name: str, places: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "containers": [{
                "name": "probe", "image": "localhost/plait-ray:dev", "imagePullPolicy": "Never",
                "command": ["python", "-c", _PROBE, *places],
                "securityContext": {
                    "runAsNonRoot": True, "runAsUser": 1000, "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
                },
            }],
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def places() -> dict[str, str]:
    """The addresses of what is to be reached, or not."""
    served = Served()
    served.wait_until_ready()
    (head,) = served.pods("head")
    address = get("pod", head, "-n", "plait")["status"]["podIP"]
    services = {
        name: get("service", name, "-n", "plait")["spec"]["clusterIP"]
        for name in ("plait-live-state", "plait-serve-svc")
    }
    gcs = get("pod", "plait-gcs-0", "-n", "plait")["status"]["podIP"]
    worker = get("pod", served.pods("worker")[0], "-n", "plait")["status"]["podIP"]
    return {
        "endpoint": f"{services['plait-serve-svc']}:8000",
        "live state": f"{services['plait-live-state']}:6379",
        "Ray's Valkey": f"{gcs}:6379",
        "GCS": f"{address}:6379",
        "dashboard": f"{address}:8265",
        "Ray client": f"{address}:10001",
        "metrics": f"{worker}:8080",
    }


@pytest.fixture(scope="module")
def namespaces() -> Iterator[None]:
    """An application's namespace, and a stranger's."""
    for name in ("shop", "stranger"):
        kubectl("create", "namespace", name, check=False)
    yield
    for name in ("shop", "stranger"):
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.usefixtures("namespaces")
def test_who_reaches_what(places: dict[str, str], steps: Steps) -> None:
    askers = {"shop": "application", "stranger": "stranger", "plait": "neighbour"}
    with steps.step("network policies: three strangers knock") as remarks:
        apply(*(_pod(ns, f"probe-{who}", list(places.values())) for ns, who in askers.items()))
        reached = {}
        for namespace, who in askers.items():
            name = f"probe-{who}"

            def ended(namespace: str = namespace, name: str = name) -> bool:
                phase = get("pod", name, "-n", namespace)["status"]["phase"]
                assert phase != "Failed"
                return bool(phase == "Succeeded")

            wait_until(ended, 120, f"{name} has knocked everywhere")
            said = json.loads(kubectl("logs", name, "-n", namespace))
            reached[who] = {what for what, place in places.items() if place in said}
            kubectl("delete", "pod", name, "-n", namespace, "--wait=false")
        remarks.append(", ".join(f"{who}: {sorted(what)}" for who, what in reached.items()))
    assert reached["application"] == {"endpoint"}
    assert reached["stranger"] == set()
    assert not reached["neighbour"] - {"endpoint"}  # a pod of the namespace that is not plait's
