"""A release is tested, upgraded and rolled back while it answers."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .document import Document
from .kubectl import get
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


VALUES = ("helm/plait", "-f", "helm/plait/profiles/laptop.yaml", "-f", "my.yaml")


def _refused(desk: Path, shell: dict[str, str], *options: str) -> str:
    """Tries an upgrade that is refused; returns what Helm says."""
    done = subprocess.run(
        ["helm", "upgrade", "plait", "-n", "plait", *VALUES, *options],
        cwd=desk, env=shell, text=True, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def test_a_project_that_only_plait_can_judge_changes_nothing(
    desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    before = Served().service()["metadata"]["generation"]
    with steps.step("helm upgrade with a platform that is none: refused"):
        typo = ("--set", "project.people.same_account_id[0][0]=shp")
        said = _refused(desk, shell, *typo)
        assert "people.same_account_id names 'shp'" in said
    assert Served().service()["metadata"]["generation"] == before
    project = get("configmap", "plait-project", "-n", "plait")["data"]["plait.yaml"]
    assert "shp" not in project


def test_another_volume_is_refused_with_what_to_do(desk: Path, shell: dict[str, str]) -> None:
    for options, sentence in (
        (("liveState.own.persistence.size=2Gi",), "delete statefulset plait-live-state --cascade"),
        (("gcsStore.persistence.size=100Mi",), "a volume never shrinks. Keep size=1Gi."),
        (("gcsStore.persistence.storageClassName=fast",), "a volume never moves"),
    ):
        assert sentence in _refused(desk, shell, "--dry-run=server", "--set", *options)
