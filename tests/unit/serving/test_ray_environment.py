from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from plait.serving import ray_environment
from plait.serving.ray_environment import BadHost, NoPort, free_port, is_loopback, is_port_free


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ray_environment.RAY_VARIABLES, ray_environment.FALLBACK_PORT_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_NBTHREAD", "7")
    before = set(os.environ)
    ray_environment.prepare_environment()
    assert is_port_free(int(os.environ[ray_environment.FALLBACK_PORT_VARIABLE]))
    assert os.environ["RAY_SERVE_HAPROXY_NBTHREAD"] == "7"
    assert os.environ["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert Path(os.environ["RAY_SERVE_HAPROXY_SOCKET_PATH"]).parent.stat().st_mode & 0o077 == 0
    for name in set(os.environ) - before:
        del os.environ[name]  # set by prepare, not by this test


def test_a_free_port_is_none_that_the_kernel_gives_to_connections_or_that_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {free_port() for _ in range(50)}
    assert len(found) > 45  # two endpoints that start at once do not choose alike
    span = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    first, last = map(int, span.split())
    assert not any(first <= port <= last for port in found)
    port = found.pop()
    monkeypatch.setattr(ray_environment, "_PORT_RANGE", range(port, port + 100))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert free_port() != port
    monkeypatch.setattr(ray_environment, "is_port_free", lambda port: False)
    with pytest.raises(NoPort, match="none of 100 ports"):
        free_port()


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.0.0.2", True),
     ("0.0.0.0", False), ("::", False), ("", False)],
)  # fmt: skip
def test_which_address_is_this_machines_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone
    assert is_port_free(0, host)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "2001:db8::7", "[::1]"])
def test_an_address_of_another_machine_is_refused_with_those_that_work(host: str) -> None:
    with pytest.raises(BadHost, match=r"--host 127\.0\.0\.1 or ::1"):
        is_port_free(0, host)
