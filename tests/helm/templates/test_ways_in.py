"""ingress.yaml and httproute.yaml."""

from __future__ import annotations

from tests.helm.chart import render

OPEN = {"ingressNamespaces": ["gateways"]}


def test_an_ingress_ends_tls_at_the_endpoint() -> None:
    way = {"enabled": True, "className": "nginx", "host": "a.example", "tlsSecret": "a-tls"}
    spec = render(ingress=way, networkPolicy=OPEN).one("Ingress", "plait")["spec"]
    assert spec["tls"] == [{"hosts": ["a.example"], "secretName": "a-tls"}]
    (rule,) = spec["rules"]
    service = rule["http"]["paths"][0]["backend"]["service"]
    assert service == {"name": "plait-serve-svc", "port": {"number": 8000}}


def test_a_route_hangs_on_its_gateway() -> None:
    parents = [{"name": "public", "namespace": "gateways", "sectionName": "https"}]
    way = {"enabled": True, "parentRefs": parents, "hostnames": ["a.example"]}
    spec = render(httpRoute=way, networkPolicy=OPEN).one("HTTPRoute", "plait")["spec"]
    assert (spec["parentRefs"], spec["hostnames"]) == (parents, ["a.example"])
    assert spec["rules"][0]["backendRefs"] == [{"name": "plait-serve-svc", "port": 8000}]


def test_by_default_nothing_leads_in_from_outside() -> None:
    chart = render()
    assert chart.all("Ingress") + chart.all("HTTPRoute") == []
    kinds = {each["spec"].get("type", "ClusterIP") for each in chart.all("Service")}
    assert kinds == {"ClusterIP"}
