"""Every file of ci/ is rendered with the real Helm and checked as an API server would."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.helm.chart import CHART, Rendered, pods, render
from tests.helm.schemas import faults

VERBS = ("fuse", "train", "evaluate", "recommend", "serve")
CASES = sorted((CHART / "ci").glob("*.yaml"))


@cache
def rendered(case: Path) -> Rendered:
    """Returns the chart with a file of ci/ and the profiles that its first line names."""
    named = case.read_text().partition("\n")[0].removeprefix("# profiles:").split()
    return render(*(CHART / "profiles" / f"{name}.yaml" for name in named), case)


def everything(chart: Rendered) -> list[dict[str, Any]]:
    return [*chart.resources, *map(chart.template, VERBS)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_case_is_what_the_api_server_takes(case: Path) -> None:
    chart = rendered(case)
    assert [fault for resource in everything(chart) for fault in faults(resource)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_pod_passes_the_restricted_level(case: Path) -> None:
    found = [pod for resource in everything(rendered(case)) for pod in pods(resource)]
    assert len(found) >= len(VERBS)
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for container in pod["containers"] + pod.get("initContainers", []):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, container["name"]
            assert context["capabilities"] == {"drop": ["ALL"]}, container["name"]
        for volume in pod.get("volumes", []):
            assert volume.keys() & {"configMap", "emptyDir", "secret", "projected"}, volume


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_secret_stands_in_a_manifest(case: Path) -> None:
    for resource in everything(rendered(case)):
        for pod in pods(resource):
            for container in pod["containers"]:
                for entry in container.get("env", []):
                    name = entry["name"]
                    named = any(word in name for word in ("KEY", "PASSWORD", "TOKEN"))
                    secret = named and not name.endswith("_FILE")
                    assert not secret or "valueFrom" in entry, entry


def test_every_profile_is_in_the_matrix() -> None:
    lines = [case.read_text().partition("\n")[0] for case in CASES]
    for profile in (CHART / "profiles").glob("*.yaml"):
        assert any(profile.stem in line.split() for line in lines), profile.name
