"""Environment variables that Ray Serve reads before it starts, and local binding of replicas."""

from __future__ import annotations

import errno
import os
import random
import socket
from ipaddress import ip_address
from typing import Any

from plait.errors import PlaitError
from plait.serving import haproxy
from plait.serving.haproxy import HOST_VARIABLE
from plait.store.local_folders import socket_folder


def bind_replica_to_loopback() -> None:
    """Binds the port for calls between deployments to loopback, on `plait serve`'s machine.

    Ray Serve opens this port on every interface, and unpickles what any client sends. On a cluster
    it is left unchanged: network policies close it there.
    """
    if HOST_VARIABLE not in os.environ:
        return
    from ray.serve._private import replica

    opened = replica.add_port_to_grpc_server

    def closed(server: Any, address: str) -> Any:
        return opened(server, address.replace("[::]", "127.0.0.1"))

    replica.add_port_to_grpc_server = closed


# ADR 9: HAProxy, in C, instead of a proxy in Python; no extra thread hops.
RAY_VARIABLES = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_HAPROXY_NBTHREAD": "1",
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    # HAProxy sends each request's path, with the raw account id in it, to syslog at port 514.
    "RAY_SERVE_HAPROXY_LOG_TARGET": "127.0.0.1:9",  # discard
    "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "5",
    "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": "30",  # between two bytes; Ray's default is an hour
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # by default Ray lowers its workers' priority
    # A busy machine starts processes slowly. Killing a slow proxy only delays it further.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
    "POLARS_MAX_THREADS": "2",
}
# Ray Serve's fallback proxy listens on loopback, by default at the same port in every endpoint.
FALLBACK_PORT_VARIABLE = "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT"
# Ports that the kernel does not assign to connections, nor Ray to its processes.
_PORT_RANGE = range(20_000, 30_000)
HAPROXY_FOLDER = "hap"
# HAProxy first creates a socket with a name 10 bytes longer; Ray prefixes the name with a node id.
_MAX_SOCKET_PATH, _NODE, _ADMIN = 97, "0" * 56, "admin.sock"


class BadHost(PlaitError):
    """An address that this machine cannot listen on."""


class NoPort(PlaitError):
    """Every port that was tried is taken."""

    exit_code = 3


def prepare_environment(host: str = "127.0.0.1") -> None:
    """Sets the variables that are not set, so that two endpoints can start at once.

    Args:
        host: the address on which HAProxy listens. Everything else listens on loopback only.

    Raises:
        StoreError: no folder for HAProxy's sockets can be created.
    """
    for name, value in RAY_VARIABLES.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault(FALLBACK_PORT_VARIABLE, str(free_port()))
    # A replica that shuts down need not wait for load balancers: HAProxy ends with it.
    os.environ.setdefault("RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S", "0")
    folder = (
        socket_folder(len(f"{HAPROXY_FOLDER}/{_NODE}/{_ADMIN}"), _MAX_SOCKET_PATH) / HAPROXY_FOLDER
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    files = {
        "CONFIG_FILE_LOC": "haproxy.cfg",
        "SOCKET_PATH": _ADMIN,
        "METRICS_SOCKET_PATH": "metrics.sock",
        "SERVER_STATE_BASE": "",
        "SERVER_STATE_FILE": "server-state",
    }
    for name, file in files.items():
        os.environ.setdefault(f"RAY_SERVE_HAPROXY_{name}", str(folder / file))
    os.environ.setdefault(haproxy.BINARY_VARIABLE, str(haproxy.write_launcher(folder)))
    os.environ[haproxy.HOST_VARIABLE] = host


def is_port_free(port: int, host: str = "") -> bool:
    """Whether nothing listens on `port`.

    Raises:
        BadHost: `host` is not an address of this machine.
    """
    family, address = _resolve(host, port)
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise _bad_host(host, error.strerror) from None
            return False
    return True


def is_loopback(host: str) -> bool:
    """Whether `host` is reachable from this machine only.

    Raises:
        BadHost: `host` does not resolve to an address.
    """
    return ip_address(_resolve(host or "0.0.0.0", 0)[1][0]).is_loopback


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise _bad_host(host, error.strerror) from None
    # For a name with several addresses, such as localhost, the IPv4 address is used.
    best = min(found, key=lambda one: one[0] != socket.AF_INET)
    return best[0], best[4]


def _bad_host(host: str, why: str | None) -> BadHost:
    return BadHost(
        f"this machine cannot listen on '{host}' ({why}).",
        fix="Name one of its addresses: --host 127.0.0.1 or ::1 for this machine alone, 0.0.0.0 "
        "for all.",
    )


def free_port() -> int:
    """Returns a random port that nothing listens on, and that very likely stays free.

    The kernel may assign a port that it chose (port 0) to another program's connection before the
    endpoint has started. It assigns none of the thousands of ports that are drawn from here.

    Raises:
        NoPort: every port that was tried is taken.
    """
    for port in random.SystemRandom().sample(_PORT_RANGE, 100):
        if is_port_free(port):
            return port
    raise NoPort(
        f"none of 100 ports between {_PORT_RANGE.start} and {_PORT_RANGE.stop} is free.",
        fix=f"Stop what listens there, or set {FALLBACK_PORT_VARIABLE} and --port to ports "
        "that are free.",
    )
