"""check.yaml, uninstall.yaml and tests/score.yaml: what Helm runs."""

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
    rules = chart.one("Role", "plait-uninstall")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {
        "list", "deletecollection", "delete",
    }  # fmt: skip


def test_an_uninstall_may_remove_every_hook_that_failed() -> None:
    """Helm forgets hooks; a failed one would outlive its release."""
    chart = render()
    role = chart.one("Role", "plait-uninstall")
    named = {
        (resource, name)
        for rule in role["rules"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [])
    }
    program = (CHART / "files" / "uninstall.py").read_text()
    for found in chart.resources:
        hook = found["metadata"].get("annotations", {}).get("helm.sh/hook", "pre-delete")
        if hook != "pre-delete":
            kind, name = f"{found['kind'].lower()}s", found["metadata"]["name"]
            assert (kind, name) in named
            assert f"{kind}/{name.replace('plait', '{RELEASE}')}" in program


def test_the_project_file_is_read_before_anything_changes() -> None:
    chart = render(image={"ray": {"tag": "next"}})
    job = chart.one("Job", "plait-check")
    annotations = job["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert annotations["helm.sh/hook-output-log-policy"] == "hook-failed"
    assert job["spec"]["backoffLimit"] == 0
    (pod,) = pods(job)
    assert pod["containers"][0]["image"] == "plait-ray:next"  # the one that comes
    assert pod["volumes"][0]["configMap"]["name"] == "plait-check"
    held, checked = chart.one("ConfigMap", "plait-project"), chart.one("ConfigMap", "plait-check")
    assert held["data"] == checked["data"]
    assert int(checked["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(
        annotations["helm.sh/hook-weight"]
    )


def test_a_project_file_of_others_is_read_where_it_is() -> None:
    files = (CHART / "profiles" / "laptop.yaml", CHART / "ci" / "existing-project.yaml")
    chart = render(*files)
    (pod,) = pods(chart.one("Job", "plait-check"))
    assert pod["volumes"][0]["configMap"]["name"] == "recommender"
    assert "plait-check" not in chart.names("ConfigMap")


def test_helm_test_scores_one_request() -> None:
    chart = render(access={"enabled": True})
    pod = chart.one("Pod", "plait-test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    found = environment(pod["spec"])
    assert found["ENDPOINT"] == "http://plait-serve-svc:8000"
    assert found["PLAIT_API_KEY_FILE"].split(":")[0] == "/etc/plait-access/current"
    program = pod["spec"]["containers"][0]["command"][-1]
    assert program == (CHART / "files" / "score.py").read_text()
    assert render(serving={"enabled": False}).all("Pod") == []
