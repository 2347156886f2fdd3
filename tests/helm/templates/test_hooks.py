"""uninstall.yaml and tests/score.yaml: what Helm runs."""

from __future__ import annotations

from tests.helm.chart import CHART, environment, pods, render


def test_an_uninstall_ends_what_runs_first() -> None:
    chart = render()
    job = chart.one("Job", "plait-uninstall")
    for kind in ("Job", "ServiceAccount", "Role", "RoleBinding"):
        annotations = chart.one(kind, "plait-uninstall")["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == "pre-delete"
        assert "hook-succeeded" in annotations["helm.sh/hook-delete-policy"]
    (pod,) = pods(job)
    assert environment(pod)["RELEASE"] == "plait"
    compile(pod["containers"][0]["command"][-1], "uninstall.py", "exec")
    verbs = {
        verb for rule in chart.one("Role", "plait-uninstall")["rules"] for verb in rule["verbs"]
    }
    assert verbs == {"list", "deletecollection"}


def test_helm_test_scores_one_request() -> None:
    chart = render(access={"enabled": True})
    pod = chart.one("Pod", "plait-test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    found = environment(pod["spec"])
    assert found["ENDPOINT"] == "http://plait-serve-svc:8000"
    assert found["PLAIT_API_KEY"]["secretKeyRef"]["name"] == "plait-access"
    program = pod["spec"]["containers"][0]["command"][-1]
    assert program == (CHART / "files" / "score.py").read_text()
    assert render(serving={"enabled": False}).all("Pod") == []
