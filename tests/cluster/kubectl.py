"""kubectl, as a person would call it, with its answers as data."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "cluster"


def environment() -> dict[str, str]:
    """Returns the environment with KUBECONFIG, and kubectl on PATH."""
    kubeconfig = os.environ.get("KUBECONFIG") or _kubeconfig_beside()
    path = os.pathsep.join([os.environ["PATH"], str(_BESIDE)])
    return os.environ | {"KUBECONFIG": kubeconfig, "PATH": path}


@cache
def _kubeconfig_beside() -> str:
    """Returns the kubeconfig of the cluster that ../shared/cluster starts; '' without one."""
    command = ["bash", "-c", '. "$0/settings" && printf %s "$KUBECONFIG"', str(_BESIDE)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def kubectl(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """Returns what kubectl prints.

    Raises:
        AssertionError: it failed, and `check`.
    """
    done = subprocess.run(
        ["kubectl", *arguments],
        input=stdin, text=True, capture_output=True, env=environment(), check=False, timeout=300,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def get(*arguments: str) -> Any:
    """Returns the resource, or the list of resources, named by the arguments of `kubectl get`."""
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def apply(*resources: dict[str, Any]) -> None:
    """Applies resources on the server's side."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(resources)})
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)


def wait_until(holds: Callable[[], object], seconds: float, what: str) -> Any:
    """Returns the first true value of `holds`.

    Raises:
        AssertionError: there is none within `seconds`.
    """
    until, last = time.monotonic() + seconds, ""
    while time.monotonic() < until:
        try:
            if value := holds():
                return value
        except AssertionError as error:
            last = str(error)
        time.sleep(0.5)
    msg = f"after {seconds:.0f} s still not: {what}. {last}"
    raise AssertionError(msg)
