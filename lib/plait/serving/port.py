"""The port the endpoint listens on: waited for while a dead endpoint's processes let go of it."""

from __future__ import annotations

import logging
import time

import psutil

from plait.errors import PlaitError
from plait.serving.environment import is_free

log = logging.getLogger("plait.serving")
# Ray notices within seconds that its driver was killed, and ends Serve and HAProxy with it.
LEFTOVER_S = 30.0
_OURS = ("haproxy", "ray")


class PortTaken(PlaitError):
    """Another program listens on the port."""

    exit_code = 3


def wait_for_port(port: int, host: str, seconds: float = LEFTOVER_S) -> None:
    """Returns once `port` can be listened on.

    It is waited for only where an endpoint that just ended may still hold it: a Ray or HAProxy
    process listens, or nobody does (a connection of a client lingers).

    Raises:
        PortTaken: another program listens there, or it is not free after `seconds`.
    """
    until, said = time.monotonic() + seconds, False
    while not is_free(port, host):
        holder = _listener(port)
        leftover = holder is None or any(word in holder[0].lower() for word in _OURS)
        if not leftover or time.monotonic() >= until:
            by = f" by {holder[0]} (process {holder[1]})" if holder else ""
            raise PortTaken(
                f"port {port} on {host} is taken{by}.",
                fix="Stop what listens there, or name another port: --port PORT.",
            )
        if not said:
            log.warning("port %d is still held by an endpoint that ended; waiting for it", port)
            said = True
        time.sleep(0.1)


def _listener(port: int) -> tuple[str, int] | None:
    """Returns the name and id of the process that listens on `port`, where that can be known."""
    try:
        for one in psutil.net_connections(kind="tcp"):
            if one.laddr and one.laddr.port == port and one.status == psutil.CONN_LISTEN:
                return (psutil.Process(one.pid).name(), one.pid) if one.pid else None
    except (psutil.AccessDenied, psutil.NoSuchProcess):  # another user's process, or just gone
        return None
    return None
