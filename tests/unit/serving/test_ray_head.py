from __future__ import annotations

import inspect
import re

import pytest
from ray._private import services

from plait.serving.ray_head import hide_password, ray_arguments

KUBERAY = (
    "ray start --head  --block  --memory=2621440000  --resources='{\"a\": 1}'  --num-cpus=0  "
    "--redis-password=$REDIS_PASSWORD "
)


def test_kuberays_command_is_taken_apart_as_a_shell_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "secret")
    assert ray_arguments(KUBERAY) == [
        "start", "--head", "--block", "--memory=2621440000", '--resources={"a": 1}', "--num-cpus=0",
    ]  # fmt: skip


def test_gcs_reads_the_password_from_its_environment() -> None:
    command = ["gcs_server", "--redis_port=6379", "--redis_password=s3.cret", "--session-name=x"]
    assert hide_password(command, "s3.cret") == [
        "gcs_server", "--redis_port=6379", "--fromenv=redis_password", "--session-name=x",
    ]  # fmt: skip


def test_the_raylet_hands_it_to_no_worker() -> None:
    python = "--python_worker_command=python worker.py --id=s3xcret1 --redis-password=s3.cret"
    java = "--java_worker_command=java -Dray.redis.password=s3.cret -cp x"
    cpp = "--cpp_worker_command=worker --ray_redis_password=s3.cret"
    kept = hide_password(["raylet", python, java, cpp, "--redis-password=s3.cret"], "s3.cret")
    assert kept == [
        "raylet", "--python_worker_command=python worker.py --id=s3xcret1",
        "--java_worker_command=java -cp x", "--cpp_worker_command=worker",
    ]  # fmt: skip


def test_ray_passes_it_where_it_is_looked_for() -> None:
    """Every process of Ray starts through one function, and GCS has the option of the name."""
    source = inspect.getsource(services.start_gcs_server)
    assert 'f"--redis_password={redis_password}"' in source
    for start in (services.start_gcs_server, services.start_raylet):
        assert re.search(r"= start_ray_process\(", inspect.getsource(start))
