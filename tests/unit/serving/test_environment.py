from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from plait.serving import environment
from plait.serving.environment import BadHost, is_free, is_loopback


def test_what_the_user_set_stays_and_taken_ports_move(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*environment.FAST, *environment._PORTS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_NBTHREAD", "7")
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(environment, "_PORTS", {"RAY_SERVE_HAPROXY_STATS_PORT": port})
        before = set(os.environ)
        environment.prepare()
        moved = int(os.environ["RAY_SERVE_HAPROXY_STATS_PORT"])
    assert moved != port
    assert os.environ["RAY_SERVE_HAPROXY_NBTHREAD"] == "7"
    assert os.environ["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    assert Path(os.environ["RAY_SERVE_HAPROXY_SOCKET_PATH"]).parent.stat().st_mode & 0o077 == 0
    for name in set(os.environ) - before:
        del os.environ[name]  # set by prepare, not by this test


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.0.0.2", True),
     ("0.0.0.0", False), ("::", False), ("", False)],
)  # fmt: skip
def test_which_address_is_this_machines_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone
    assert is_free(0, host)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "2001:db8::7", "[::1]"])
def test_an_address_of_another_machine_is_refused_with_those_that_work(host: str) -> None:
    with pytest.raises(BadHost, match=r"--host 127\.0\.0\.1 or ::1"):
        is_free(0, host)
