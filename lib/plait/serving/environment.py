"""What Ray Serve reads from the environment; it counts only if set before Ray starts."""

from __future__ import annotations

import os
import socket

# Design decision 9: HAProxy in C instead of a proxy in Python, no extra thread hops.
FAST = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_HAPROXY_NBTHREAD": "1",
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "5",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # by default Ray steps back behind everything else
    # A busy machine starts processes slowly; a proxy killed for it only starts more slowly.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
    "POLARS_MAX_THREADS": "2",
}
_PORTS = {
    "RAY_SERVE_HAPROXY_METRICS_PORT": 9101,
    "RAY_SERVE_HAPROXY_STATS_PORT": 8404,
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": 8500,
}


def prepare() -> None:
    """Sets what is not set; ports that are taken are moved, so that two endpoints can run."""
    for name, value in FAST.items():
        os.environ.setdefault(name, value)
    for name, port in _PORTS.items():
        if name not in os.environ and not is_free(port):
            os.environ[name] = str(free_port())


def is_free(port: int, host: str = "") -> bool:
    """Whether nothing listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
