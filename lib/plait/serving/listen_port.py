"""The endpoint's port: waits until processes of an endpoint that ended have released it."""

from __future__ import annotations

import logging
import time

import psutil

from plait.errors import PlaitError
from plait.serving.ray_environment import HAPROXY_FOLDER, is_port_free

log = logging.getLogger("plait.serving")
# Ray notices within seconds that its driver was killed, and ends Serve and mostly HAProxy too.
LEFTOVER_TIMEOUT_S = 30.0
_RAY_PROCESSES = ("haproxy", "ray")
_HAPROXY_CONFIG_PATH = f"/{HAPROXY_FOLDER}/"  # Ray Serve writes its HAProxy settings here


class PortTaken(PlaitError):
    """Another program listens on the port."""

    exit_code = 3


def wait_for_port(port: int, host: str, seconds: float = LEFTOVER_TIMEOUT_S) -> None:
    """Returns once `port` is free.

    Waits only if an endpoint that just ended may still hold the port: a Ray or HAProxy process
    listens, or none does (a client's connection lingers). An HAProxy of Ray Serve that outlived
    its Ray never ends by itself, so it is terminated here.

    Raises:
        PortTaken: another program listens on the port, or it is not free after `seconds`.
    """
    until, warned = time.monotonic() + seconds, False
    while not is_port_free(port, host):
        holder, name = _listener(port)
        leftover = holder is None or (
            name.lower().startswith(_RAY_PROCESSES) and not _has_live_driver(holder)
        )
        if not leftover or time.monotonic() >= until:
            by = f" by {name} (process {holder.pid})" if holder else ""
            raise PortTaken(
                f"port {port} on {host} is taken{by}.",
                fix="Stop the program that listens there, or choose another port: --port PORT.",
            )
        if not warned:
            log.warning("port %d is still held by an endpoint that ended; waiting for it", port)
            warned = True
        if holder:
            _end_if_orphan(holder)
        time.sleep(0.1)


def _listener(port: int) -> tuple[psutil.Process | None, str]:
    """Returns the process that listens on `port` and its name; (None, '') if unknown."""
    try:
        for one in psutil.net_connections(kind="tcp"):
            if one.laddr and one.laddr.port == port and one.status == psutil.CONN_LISTEN:
                holder = psutil.Process(one.pid) if one.pid else None
                return holder, holder.name() if holder else ""
    except (psutil.AccessDenied, psutil.NoSuchProcess):  # another user's process, or just gone
        return None, ""
    return None, ""


def _has_live_driver(holder: psutil.Process) -> bool:
    """Whether the endpoint of `holder` is alive, that is the Python that started its raylet."""
    try:
        raylet = next((one for one in holder.parents() if one.name() == "raylet"), None)
        driver = raylet.parent() if raylet else None
        return driver is not None and "python" in " ".join([driver.name(), *driver.cmdline()])
    except psutil.Error:  # just gone, or another user's
        return False


def _end_if_orphan(process: psutil.Process) -> None:
    """Terminates an HAProxy that Ray Serve started, if the actor that started it is gone."""
    try:
        parent = process.parent()
        started = " ".join(parent.cmdline()) if parent else ""
        if _HAPROXY_CONFIG_PATH in " ".join(process.cmdline()) and "ray::" not in started:
            process.terminate()
    except psutil.Error:  # just gone, or another user's
        return
