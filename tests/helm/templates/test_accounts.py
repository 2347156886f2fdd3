"""serviceaccounts.yaml and rbac.yaml: who may do what."""

from __future__ import annotations

from tests.helm.chart import Resource, render


def rights(role: Resource) -> set[tuple[str, str]]:
    return {
        (kind, verb)
        for rule in role["rules"]
        for kind in rule["resources"]
        for verb in rule["verbs"]
    }


def test_no_account_mounts_a_token_by_itself() -> None:
    accounts = render().all("ServiceAccount")
    assert len(accounts) >= 7
    assert all(account["automountServiceAccountToken"] is False for account in accounts)


def test_a_cloud_identity_is_an_annotation() -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/serve"}
    chart = render(serviceAccounts={"serve": {"annotations": role}, "jobs": {"name": "team"}})
    assert chart.one("ServiceAccount", "plait-serve")["metadata"]["annotations"] == role
    assert "plait-jobs" not in chart.names("ServiceAccount")
    pod = chart.template("train")["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "team"


def test_schedules_submit_jobs_and_change_no_service() -> None:
    chart = render()
    people, schedules = (
        rights(chart.one("Role", f"plait-{name}")) for name in ("submit", "submitter")
    )
    verbs = ("get", "list", "watch", "create", "patch", "delete")
    assert people - schedules == {
        *(("rayservices", verb) for verb in verbs),
        ("services/proxy", "get"),  # of the endpoint alone, to ask whether it is ready
    }
    for role in (people, schedules):
        assert not {kind for kind, _ in role} & {"secrets", "roles", "pods/exec"}
        assert {verb for kind, verb in role if kind in ("pods", "configmaps")} <= {
            "get", "list", "watch",
        }  # fmt: skip


def test_the_driver_of_spark_makes_pods_and_reads_no_secret() -> None:
    found = rights(render().one("Role", "plait-fuse"))
    assert ("pods", "create") in found
    assert "secrets" not in {kind for kind, _ in found}


def test_who_submits_is_named() -> None:
    assert "plait-submit" not in render().names("RoleBinding")
    group = {"kind": "Group", "name": "data", "apiGroup": "rbac.authorization.k8s.io"}
    binding = render(rbac={"submitters": [group]}).one("RoleBinding", "plait-submit")
    assert binding["subjects"] == [group]


def test_nothing_is_cluster_wide() -> None:
    assert not render().all("ClusterRole") + render().all("ClusterRoleBinding")
