"""A server between plait and S3 that breaks requests by a plan."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Takes the request's number (the first is 1); returns what goes wrong with it, or ''.
Plan = Callable[[int], str]
_CODES = {"500": "InternalError", "503": "SlowDown", "403": "AccessDenied"}


@dataclass
class Proxy:
    """Where it listens, what it does wrong, and how often it did."""

    url: str = ""
    plan: Plan = lambda _: ""
    refuse: tuple[str, ...] = ()  # methods that are denied
    requests: int = 0
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, plan: Plan) -> None:
        """Begins to count anew, and breaks what `plan` says."""
        with self.lock:
            self.plan, self.requests, self.broken = plan, 0, 0

    def next(self) -> str:
        """Returns what goes wrong with the next request."""
        with self.lock:
            self.requests += 1
            fault = self.plan(self.requests)
            self.broken += bool(fault)
            return fault


@contextmanager
def between(server: str) -> Iterator[Proxy]:
    """Yields a proxy of `server`, on loopback."""
    proxy, over = Proxy(), threading.Event()
    target = urlsplit(server).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = "403" if self.command in proxy.refuse else proxy.next()
            if fault == "timeout":
                over.wait(5)
            if fault in ("timeout", "hang-up"):
                self.close_connection = True
                return
            if fault:
                code = f"<Error><Code>{_CODES[fault]}</Code></Error>".encode()
                self._answer(int(fault), {}, code)
                return
            upstream = http.client.HTTPConnection(target, timeout=30)
            # The signature covers the host that the client named.
            upstream.request(self.command, self.path, body, dict(self.headers))
            reply = upstream.getresponse()
            self._answer(reply.status, dict(reply.getheaders()), reply.read())
            upstream.close()

        do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                own = ("connection", "transfer-encoding", "date", "server")
                if name.lower() not in own and (body or name.lower() != "content-length"):
                    self.send_header(name, value)
            if "content-length" not in map(str.lower, headers) or not body:
                length = headers.get("Content-Length", "0") if self.command == "HEAD" else len(body)
                self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Says nothing: who hung up had enough of waiting."""

    listening = Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{listening.server_port}"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        over.set()
        listening.shutdown()
        listening.server_close()
