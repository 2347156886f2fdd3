from __future__ import annotations

import yaml

from plait.config.parse_project import parse_config
from tests.helm.chart import CHART, PROJECT, render


def test_the_project_file_is_what_plait_reads(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = render().one("ConfigMap", "plait-project")["data"]["plait.yaml"]
    assert yaml.safe_load(found) == PROJECT
    assert parse_config(yaml.safe_load(found), folder=tmp_path).store_uri == PROJECT["store"]


def test_an_existing_one_is_mounted_instead() -> None:
    chart = render(*(CHART / name for name in ("profiles/laptop.yaml", "ci/existing-project.yaml")))
    assert "plait-project" not in chart.names("ConfigMap")
    head = chart.one("RayService", "plait")["spec"]["rayClusterConfig"]["headGroupSpec"]
    (volume,) = head["template"]["spec"]["volumes"]
    assert volume["configMap"]["name"] == "recommender"
