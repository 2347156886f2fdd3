"""The endpoint's port: waited for while it lingers, named while another program has it."""

from __future__ import annotations

import socket
import threading

import pytest

from plait.serving.port import PortTaken, wait_for_port


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
        with pytest.raises(PortTaken, match=rf"port {port} .* by .*python.* \(process \d+\)"):
            wait_for_port(port, "127.0.0.1", seconds=60)


def test_a_port_that_lingers_is_waited_for() -> None:
    held = _bound()  # nobody listens
    port = held.getsockname()[1]
    threading.Timer(0.3, held.close).start()
    wait_for_port(port, "127.0.0.1", seconds=10)


def test_a_port_that_lingers_too_long_is_told() -> None:
    with _bound() as held, pytest.raises(PortTaken, match="name another port"):
        wait_for_port(held.getsockname()[1], "127.0.0.1", seconds=0.2)
