from __future__ import annotations

from typing import Any

from tests.helm.chart import Resource, render


def policy(name: str, **values: Any) -> Resource:
    spec: Resource = render(**values).one("NetworkPolicy", f"plait-{name}")["spec"]
    return spec


def components(rule: Resource, side: str) -> list[str]:
    return [
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for peer in rule[side]
        if peer.get("podSelector", {}).get("matchLabels")
    ]


def test_by_default_pods_reach_dns_alone() -> None:
    found = policy("default")
    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in found
    (rule,) = found["egress"]
    assert {port["port"] for port in rule["ports"]} == {53}
    assert "app.kubernetes.io/component" not in found["podSelector"]["matchLabels"]


def test_the_valkeys_are_for_serving_alone() -> None:
    for store in ("live-state", "gcs"):
        (rule,) = policy(store)["ingress"]
        assert components(rule, "from") == ["serve"]
        assert len(rule["from"]) == 1


def test_applications_reach_the_endpoint_and_nothing_else() -> None:
    found = policy("serve", networkPolicy={"applicationNamespaces": ["shop"]})
    (rule,) = (
        rule
        for rule in found["ingress"]
        if any("shop" in str(peer) for peer in rule["from"])
    )  # fmt: skip
    assert rule["ports"] == [{"protocol": "TCP", "port": 8000}]
    assert {"podSelector": {}} not in rule["from"]  # named namespaces go instead of the own one


def test_the_dashboard_is_for_the_operator() -> None:
    (rule,) = policy("serve-head")["ingress"]
    assert {port["port"] for port in rule["ports"]} == {8265, 52365, 8000}
    (peer,) = rule["from"]
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert expression["values"] == ["kuberay-operator"]


def test_only_who_needs_the_api_server_reaches_it() -> None:
    chart = render(networkPolicy={"bucketPorts": [9000]})
    reach = {
        found["metadata"]["name"]
        for found in chart.all("NetworkPolicy")
        for rule in found["spec"].get("egress", [])
        if 6443 in [port["port"] for port in rule.get("ports", [])]
    }
    assert reach == {"plait-serve-head", "plait-fuse", "plait-submitter"}


def test_the_port_of_the_bucket_is_that_of_its_endpoint() -> None:
    open_to = {"endpoint": "https://store.example:9443"}
    rules = policy("jobs", s3=open_to)["egress"]
    ports = [{port["port"] for port in rule.get("ports", [])} for rule in rules]
    assert {443, 9443} in ports


def test_they_can_be_left_to_others() -> None:
    assert render(networkPolicy={"enabled": False}).all("NetworkPolicy") == []
