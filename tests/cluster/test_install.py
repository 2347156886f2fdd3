"""The chart's laptop profile goes into a namespace that enforces `restricted`."""

from __future__ import annotations

from pathlib import Path

from tests.s3 import Bucket

from .document import Document
from .kubectl import get
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
    served = Served()
    with served.client() as client:
        reply = client.get("/health/ready")
    assert (reply.status_code, "plait train" in reply.text) == (503, True), reply.text
