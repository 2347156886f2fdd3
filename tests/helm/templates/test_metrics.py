"""podmonitor.yaml, prometheusrule.yaml, dashboard.yaml."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from tests.helm.chart import CHART, render

ON = {name: {"enabled": True} for name in ("podMonitor", "rules", "dashboard")}


def test_the_monitor_selects_pods_that_name_the_port() -> None:
    chart = render(metrics=ON)
    (monitor,) = chart.all("PodMonitor")
    selected = monitor["spec"]["selector"]["matchLabels"]
    template = chart.one("RayService", "plait")["spec"]["rayClusterConfig"]["headGroupSpec"][
        "template"
    ]
    own = {key: value for key, value in selected.items() if not key.startswith("ray.io")}
    assert own.items() <= template["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    ports = [port["name"] for port in template["spec"]["containers"][0]["ports"]]
    assert endpoint["port"] in ports


def test_alerts_follow_the_values() -> None:
    def alerts(**values: Any) -> dict[str, str]:
        (rule,) = render(metrics=ON, **values).all("PrometheusRule")
        (group,) = rule["spec"]["groups"]
        return {each["alert"]: each["expr"] for each in group["rules"]}

    found = alerts()
    assert found["PlaitRequestsFail"].endswith("> 0.01")
    assert 'namespace="shops",application="plait"' in found["PlaitRequestsFail"]
    assert "PlaitReplicasMissing" in found
    assert "PlaitReplicasMissing" not in alerts(serving={"autoscaling": {"minReplicas": 0}})


def test_every_metric_of_serving_is_one_that_ray_has() -> None:
    source = (
        "".join(
            file.read_text()
            for file in (files("ray") / "serve" / "_private").iterdir()
            if file.name.endswith(".py")
        )
        + (files("ray") / "serve" / "batching.py").read_text()
    )
    source = source.replace("{protocol_name}", "http")
    (rule,) = render(metrics=ON).all("PrometheusRule")
    used = set(re.findall(r"ray_(serve_[a-z_]+)", json.dumps(rule)))
    used |= set(re.findall(r"ray_(serve_[a-z_]+)", (CHART / "dashboards/serving.json").read_text()))
    assert len(used) > 5
    for name in used:
        bare = re.sub(r"_(total|bucket|sum|count)$", "", name)
        assert f'"{bare}"' in source, name


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    (found,) = (
        each for each in render(metrics=ON).all("ConfigMap")
        if each["metadata"]["name"] == "plait-dashboard"
    )  # fmt: skip
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    dashboard = json.loads(found["data"]["plait-serving.json"])
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]) >= 8
    assert all(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def test_without_prometheus_there_is_none_of_it() -> None:
    chart = render()
    assert chart.all("PodMonitor") + chart.all("PrometheusRule") == []
