"""The chart's laptop profile goes into a namespace that enforces `restricted`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.s3 import Bucket

from .document import Document
from .kubectl import get, wait_until
from .served import Served
from .steps import Steps


def test_install(
    operations: Document, desk: Path, shell: dict[str, str], storage: Bucket, steps: Steps
) -> None:
    with steps.step("helm install --wait (laptop)"):
        printed = operations.run("Install", desk, shell)
    assert "/v1/recommend" in printed  # the first curl of NOTES.txt
    for pod in get("pods", "-n", "plait")["items"]:
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    wait_until(_says_what_is_missing, 30, "a 503 that names the next command")
    command = [sys.executable, "-m", "plait.cli.main", "status", "-n", "plait", "-o", "json"]
    listed = subprocess.run(command, env=shell, check=True, capture_output=True, text=True).stdout
    (run,) = json.loads(listed)["runs"]
    assert (run["name"], run["state"]) == ("plait", "not ready")  # though its pods are
    assert "plait train" in run["why"]
    with steps.step("helm test, before there is a model"):
        printed = operations.run("Test", desk, shell)
    assert "Succeeded" in printed
    assert "There is no model yet" in printed


def _says_what_is_missing() -> bool:
    try:
        with Served().client() as client:
            reply = client.get("/health/ready")
    except httpx.HTTPError as error:  # the Service is a few seconds old
        raise AssertionError(str(error)) from None
    return reply.status_code == httpx.codes.SERVICE_UNAVAILABLE and "plait train" in reply.text
