from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from plait.cluster.render.templates import parse_templates
from tests.helm.chart import environment, refusal, render

JOBS = ("train", "evaluate", "recommend")


def test_the_contract_with_the_command_line() -> None:
    found = render().one("ConfigMap", "plait-templates")
    assert found["data"]["contract"] == "1"
    patience = "schedulingPatienceSeconds"
    keys = {"contract", patience, "fuse.json", "serve.json", *(f"{verb}.json" for verb in JOBS)}
    assert found["data"].keys() == keys
    assert found["data"][patience] == "600"
    longer = render(submit={patience: 1200}).one("ConfigMap", "plait-templates")
    assert parse_templates(longer, "here").scheduling_timeout_s == 1200
    labels = found["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "templates"
    assert labels["app.kubernetes.io/part-of"] == "plait"
    assert labels["app.kubernetes.io/instance"] == "plait"


@pytest.mark.parametrize("verb", JOBS)
def test_a_job(verb: str) -> None:
    job = render().template(verb)
    spec, cluster = job["spec"], job["spec"]["rayClusterSpec"]
    assert spec["entrypoint"] == f"python /opt/plait/jobs/{verb}.py -c /etc/plait/plait.yaml"
    assert [group["groupName"] for group in cluster["workerGroupSpecs"]] == ["workers"]
    assert cluster["authOptions"] == {"mode": "token"}
    # The head has no CPUs: what only one process does runs on a worker.
    assert spec.get("entrypointNumCpus") == (None if verb == "train" else 1)
    head = cluster["headGroupSpec"]["template"]["spec"]
    assert "PLAIT_PSEUDONYM_KEY" not in environment(head)
    assert head["serviceAccountName"] == "plait-jobs"
    assert spec["submitterPodTemplate"]["spec"]["automountServiceAccountToken"] is False


def test_a_failed_run_keeps_its_head_to_look_at() -> None:
    spec = render().template("train")["spec"]
    rules = {
        (rule["condition"]["jobStatus"], rule["policy"]): rule["condition"]["ttlSeconds"]
        for rule in spec["deletionStrategy"]["deletionRules"]
    }
    assert rules == {
        ("SUCCEEDED", "DeleteCluster"): 30,
        ("FAILED", "DeleteWorkers"): 0,
        ("FAILED", "DeleteCluster"): 3600,
    }
    assert "shutdownAfterJobFinishes" not in spec


@pytest.mark.parametrize("verb", (*JOBS, "fuse"))
def test_a_queue_gets_jobs_that_it_takes(verb: str) -> None:
    job = render(queue={"name": "recommenders"}).template(verb)
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "recommenders"
    if verb != "fuse":
        assert job["spec"]["shutdownAfterJobFinishes"] is True
        assert "deletionStrategy" not in job["spec"]
    assert "kueue.x-k8s.io/queue-name" not in render().template(verb)["metadata"]["labels"]


def test_a_run_may_grow_where_that_is_wanted() -> None:
    elastic: dict[str, Any] = {"autoscaling": {"enabled": True, "maxReplicas": 6}}
    job = render(jobs=elastic).template("train")["spec"]
    cluster = job["rayClusterSpec"]
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["workerGroupSpecs"][0]["maxReplicas"] == 6
    policies = [rule["policy"] for rule in job["deletionStrategy"]["deletionRules"]]
    assert "DeleteWorkers" not in policies  # KubeRay refuses it beside an autoscaler


def test_fuse() -> None:
    spec = render(s3={"existingSecret": "keys"}).template("fuse")["spec"]
    assert spec["mainApplicationFile"] == "local:///opt/plait/jobs/fuse.py"
    assert spec["arguments"] == ["-c", "/etc/plait/plait.yaml", "--engine", "spark"]
    driver, executor = spec["driver"]["template"]["spec"], spec["executor"]["template"]["spec"]
    # The key travels inside the tasks; executors hold the bucket's keys alone.
    assert "PLAIT_PSEUDONYM_KEY" in environment(driver)
    assert "PLAIT_PSEUDONYM_KEY" not in environment(executor)
    assert "AWS_SECRET_ACCESS_KEY" in environment(executor)
    assert spec["sparkConf"]["spark.authenticate"] == "true"
    assert (spec["driver"]["serviceAccount"], spec["executor"]["serviceAccount"]) == (
        "plait-fuse", "plait-executor",
    )  # fmt: skip
    assert executor["automountServiceAccountToken"] is False


def test_only_the_driver_of_fuse_gets_the_key_of_the_vault() -> None:
    chart = render(vault={"existingSecret": "vault-keys", "key": "master"})
    fuse = chart.template("fuse")["spec"]
    (container,) = fuse["driver"]["template"]["spec"]["containers"]
    named = {entry["name"]: entry for entry in container["env"]}
    wanted = {"secretKeyRef": {"name": "vault-keys", "key": "master"}}
    assert named["PLAIT_VAULT_KEY"]["valueFrom"] == wanted
    others = [each for each in chart.resources if each["metadata"]["name"] != "plait-templates"]
    others += [chart.template(verb) for verb in (*JOBS, "serve")]
    assert "RayService" in {each["kind"] for each in others}
    for each in [*others, fuse["executor"]]:
        assert "vault-keys" not in json.dumps(each)
    without = render().template("fuse")["spec"]["driver"]["template"]["spec"]
    assert "PLAIT_VAULT_KEY" not in environment(without)
    said = refusal(env=[{"name": "PLAIT_VAULT_KEY", "value": "x"}])  # all pods would get it
    assert "/env/0/name" in said


def test_serve_is_the_service_that_the_chart_would_install() -> None:
    chart = render()
    installed, template = chart.one("RayService", "plait"), chart.template("serve")
    assert template["spec"] == installed["spec"]
    assert template["metadata"]["name"] == "plait-serve"
    alone = render(serving={"enabled": False})
    assert alone.names("RayService") == set()
    assert alone.template("serve")["metadata"]["name"] == "plait"
    config = yaml.safe_load(template["spec"]["serveConfigV2"])
    assert "PLAIT_MODEL" in config["applications"][0]["runtime_env"]["env_vars"]
