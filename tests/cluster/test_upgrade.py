"""A release is tested, upgraded and rolled back while it answers."""

from __future__ import annotations

from pathlib import Path

from .document import Document
from .served import Served
from .steps import Steps


def test_helm_test_scores_one_request(
    operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    with steps.step("helm test"):
        assert "Succeeded" in operations.run("Test", desk, shell)


def test_upgrade_and_roll_back(
    operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    served = Served()
    before = served.service()["spec"]["serveConfigV2"]
    with steps.step("helm upgrade"):
        operations.run("Upgrade", desk, shell)
    assert served.service()["spec"]["serveConfigV2"] != before
    with steps.step("helm rollback"):
        operations.run("Roll back", desk, shell)
    assert served.service()["spec"]["serveConfigV2"] == before
    served.wait_until_ready()
