"""Addresses hold raw account ids: nothing that plait configures writes them to a log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plait.serving.ray_environment import RAY_VARIABLES

FILES = (
    "serve/config.yaml", "helm/plait/templates/_serve.tpl", "lib/plait/serving/launch_endpoint.py",
    "lib/plait/serving/deployment.py",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_access_logs_are_off(repository: Path, name: str) -> None:
    said = re.findall(r"enable_access_log\W+(\w+)", (repository / name).read_text())
    assert said
    assert {word.lower() for word in said} == {"false"}


def test_haproxys_request_log_reaches_no_syslog(repository: Path) -> None:
    chart = (repository / "helm/plait/templates/_serve.tpl").read_text()
    target = RAY_VARIABLES["RAY_SERVE_HAPROXY_LOG_TARGET"]
    assert target.endswith(":9")
    assert f'{{name: RAY_SERVE_HAPROXY_LOG_TARGET, value: "{target}"}}' in chart
