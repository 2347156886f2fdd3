from __future__ import annotations

import os
import socket

import pytest

from plait.serving import environment


def test_what_the_user_set_stays_and_taken_ports_move(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*environment.FAST, *environment._PORTS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_NBTHREAD", "7")
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(environment, "_PORTS", {"RAY_SERVE_HAPROXY_STATS_PORT": port})
        environment.prepare()
        moved = int(os.environ["RAY_SERVE_HAPROXY_STATS_PORT"])
    assert moved != port
    assert os.environ["RAY_SERVE_HAPROXY_NBTHREAD"] == "7"
    assert os.environ["RAY_SERVE_ENABLE_HA_PROXY"] == "1"
    for name in (*environment.FAST, "RAY_SERVE_HAPROXY_STATS_PORT"):
        if name != "RAY_SERVE_HAPROXY_NBTHREAD":
            del os.environ[name]  # set by prepare, not by this test
