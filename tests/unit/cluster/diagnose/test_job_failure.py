from __future__ import annotations

from typing import Any

from plait.cluster.diagnose.job_failure import diagnose_failure

SPARK, RAY = {"kind": "SparkApplication"}, {"kind": "RayJob"}


def pod(labels: dict[str, str], **ended: Any) -> dict[str, Any]:
    container = {"name": "main", "resources": {"limits": {"memory": "1408Mi"}}}
    return {
        "metadata": {"name": "p", "labels": labels},
        "spec": {"containers": [container]},
        "status": {"containerStatuses": [{"name": "main", "state": {"terminated": ended}}]},
    }


def test_a_driver_out_of_memory_is_told_what_to_set() -> None:
    driver = pod({"spark-role": "driver"}, reason="OOMKilled", exitCode=137)
    what, fix = diagnose_failure(SPARK, [driver], [])
    assert "driver ran out of memory" in what
    assert "exit code 137, limit 1408Mi" in what
    assert "--driver-memory" in fix


def test_a_worker_and_a_head_are_told_apart() -> None:
    worker = pod({"ray.io/node-type": "worker"}, reason="OOMKilled", exitCode=137)
    assert "--memory" in diagnose_failure(RAY, [worker], [])[1]
    head = pod({"ray.io/node-type": "head"}, reason="OOMKilled", exitCode=137)
    assert "chart's values" in diagnose_failure(RAY, [head], [])[1]


def test_what_only_the_log_says_is_read_there() -> None:
    what, fix = diagnose_failure(SPARK, [], ["x: java.lang.OutOfMemoryError: Java heap space"])
    assert "JVM ran out of memory" in what
    assert "--driver-memory" in fix
    assert "worker" in diagnose_failure(RAY, [], ["ray.exceptions.OutOfMemoryError: Task"])[0]


def test_an_exit_code_is_passed_on() -> None:
    driver = pod({"spark-role": "driver"}, reason="Error", exitCode=2)
    assert diagnose_failure(SPARK, [driver], [])[0] == "The driver ended with exit code 2 (pod p)."


def test_the_sentence_a_job_ends_with_is_passed_on() -> None:
    driver = pod({"spark-role": "driver"}, reason="Error", exitCode=2)
    lines = ["26/11/25 INFO SparkContext: stopped", "ConfigError: cannot read 'plait.yaml'.", ""]
    said = diagnose_failure(SPARK, [driver], lines)[0]
    assert said == "Its last log line: ConfigError: cannot read 'plait.yaml'."


def test_nothing_known_is_nothing_said() -> None:
    assert diagnose_failure(RAY, [pod({"job-name": "j"}, reason="Completed", exitCode=0)], []) == (
        "",
        "",
    )
