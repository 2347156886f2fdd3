"""What plait sends to the API server, and what it makes of the responses."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

import pytest
from kubernetes.client import ApiClient, Configuration

from plait.cluster.client.api_errors import AlreadyExists, Forbidden
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.client.watch_resource import ResourceSeen, ServerSilent, watch_resource
from plait.cluster.cluster_verbs import RAY_JOB
from plait.errors import ClusterDown, Refused

JOB = {"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": "a"}}
LIST = "/apis/ray.io/v1/namespaces/n/rayjobs"


class ApiServer(http.server.BaseHTTPRequestHandler):
    """Sends the scripted responses, one a request, and keeps the requests."""

    protocol_version = "HTTP/1.1"
    responses: list[tuple[int, bytes | Callable[[ApiServer], None]]]
    requests: list[tuple[str, str, dict[str, str], str, bytes]]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers["Content-Type"]
        self.requests.append((self.command, url.path, dict(parse_qsl(url.query)), kind, sent))
        status, body = self.responses.pop(0)
        self.send_response(status)
        if callable(body):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            body(self)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def api() -> Iterator[KubeApi]:
    ApiServer.responses, ApiServer.requests = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    settings = Configuration(host=f"http://127.0.0.1:{server.server_port}")
    settings.retries = False
    yield KubeApi(ApiClient(settings), "n", "here")
    server.shutdown()
    server.server_close()


def respond(*bodies: object, status: int = 200) -> None:
    lines = [b if isinstance(b, bytes) else json.dumps(b).encode() for b in bodies]
    ApiServer.responses += [(status, line) for line in lines]


def event(kind: str, version: str) -> bytes:
    found = {**JOB, "metadata": {"name": "a", "resourceVersion": version}}
    return json.dumps({"type": kind, "object": found}).encode() + b"\n"


def test_apply_is_one_strict_request_that_forces_no_field(api: KubeApi) -> None:
    respond(JOB)
    assert api.apply(RAY_JOB, JOB, dry_run=True) == JOB
    ((method, path, query, content, sent),) = ApiServer.requests
    assert (method, path, content) == ("PATCH", f"{LIST}/a", "application/apply-patch+yaml")
    assert query == {"fieldManager": "plait", "fieldValidation": "Strict", "dryRun": "All"}
    assert json.loads(sent) == JOB


def test_create_reports_a_name_that_is_taken(api: KubeApi) -> None:
    respond({"reason": "AlreadyExists", "message": "there"}, status=409)
    with pytest.raises(AlreadyExists):
        api.create(RAY_JOB, JOB)
    ((method, path, query, _, _),) = ApiServer.requests
    assert (method, path) == ("POST", LIST)
    assert query == {"fieldManager": "plait", "fieldValidation": "Strict"}


def test_a_busy_server_is_retried_and_a_refusal_is_not(api: KubeApi) -> None:
    respond({"message": "starting"}, status=503)
    respond(JOB)
    assert api.get(f"{LIST}/a") == JOB
    respond({"message": 'User "eve" cannot get resource "x" in API group "y"'}, status=403)
    with pytest.raises(Forbidden):
        api.get(f"{LIST}/a")
    respond({"message": "starting"}, status=503)
    with pytest.raises(ClusterDown):
        api.without_retries().get(f"{LIST}/a")
    assert len(ApiServer.requests) == 4


def test_the_last_line_of_a_log_needs_no_newline(api: KubeApi) -> None:
    respond(b"first\nlast")
    with api.stream("/log") as lines:
        assert list(lines) == [b"first", b"last"]


def test_a_line_comes_when_it_is_sent_and_not_when_the_stream_ends(api: KubeApi) -> None:
    seen = threading.Event()

    def chunks(server: ApiServer) -> None:
        for line in (b"first\nsec", b"ond\n"):
            server.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            if line.startswith(b"first"):
                assert seen.wait(20)
        server.wfile.write(b"0\r\n\r\n")

    ApiServer.responses.append((200, chunks))
    with api.stream("/log") as lines:
        assert next(lines) == b"first"
        seen.set()
        assert list(lines) == [b"second"]


def test_a_connection_without_trust_is_a_cluster_that_does_not_answer(api: KubeApi) -> None:
    settings = Configuration(host=api.client.configuration.host.replace("http:", "https:"))
    settings.retries = False
    with pytest.raises(ClusterDown, match=r"here does not respond \(SSLError"):
        KubeApi(ApiClient(settings), "n", "here", retry_s=0).get("/version")


def test_a_watch_goes_on_where_it_was_cut_and_lists_again_when_expired(api: KubeApi) -> None:
    gone = {"type": "ERROR", "object": {"code": 410, "message": "too old"}}
    listed = {"metadata": {"resourceVersion": "9"}, "items": [JOB]}
    respond(event("MODIFIED", "5") + b'{"type": "MODI', gone, listed, event("DELETED", "10"))
    stop = threading.Event()
    seen = watch_resource(api, LIST, "a", stop, since="4", wait=lambda _: None)
    found = list(islice(seen, 5))
    kinds = [type(e) for e in found]
    assert kinds == [ResourceSeen, ServerSilent, ServerSilent, ResourceSeen, ResourceSeen]
    assert found[3:] == [ResourceSeen(JOB), ResourceSeen(None)]
    versions = [query.get("resourceVersion") for _, _, query, _, _ in ApiServer.requests]
    assert versions == ["4", "5", None, "9"]
    assert all(
        query["fieldSelector"] == "metadata.name=a" for _, _, query, _, _ in ApiServer.requests
    )


def test_a_watch_that_is_refused_ends(api: KubeApi) -> None:
    respond({"message": "no such field"}, status=400)
    with pytest.raises(Refused, match="no such field"):
        next(iter(watch_resource(api, LIST, "a", threading.Event(), since="4")))
