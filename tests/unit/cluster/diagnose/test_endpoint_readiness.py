"""An endpoint is as ready as it says itself; what else answers in its place is not believed."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from kubernetes.client import ApiClient, Configuration

from plait.cluster.client.kube_api import KubeApi
from plait.cluster.diagnose.endpoint_readiness import probe_readiness
from plait.cluster.follow.run_state import ExitCode, RunState

READY = RunState("ready", exit=ExitCode.SUCCEEDED)
PATH = "/api/v1/namespaces/n/services/plait-serve-svc:8000/proxy/health/ready"


class Server(http.server.BaseHTTPRequestHandler):
    """An API server with one path and one answer."""

    answer: tuple[int, bytes] = (200, b"{}")

    def do_GET(self) -> None:
        status, body = self.answer if self.path == PATH else (404, b"{}")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def api() -> Iterator[KubeApi]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    client = ApiClient(Configuration(host=f"http://127.0.0.1:{server.server_port}"))
    yield KubeApi(client, "n", "here")
    server.shutdown()
    server.server_close()


def state(api: KubeApi, code: int, **body: object) -> RunState:
    Server.answer = (code, json.dumps(body).encode())
    return probe_readiness(api, {"metadata": {"name": "plait"}}, READY)


def test_what_says_it_is_ready_is(api: KubeApi) -> None:
    assert state(api, 200, status="ready") == READY


def test_what_says_it_is_not_is_not(api: KubeApi) -> None:
    found = state(api, 503, title="Service Unavailable", detail="Not ready: train a model")
    assert found == RunState("not ready", why="Not ready: train a model")


def test_a_service_without_pods_is_not(api: KubeApi) -> None:
    message = 'no endpoints available for service "plait-serve-svc:8000"'
    found = state(api, 503, kind="Status", message=message)
    assert found == RunState("not ready", why="None of its pods accepts requests.")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, 'services "plait-serve-svc:8000" is forbidden: User "eve" cannot get'),
        (502, "error trying to reach service: dial tcp 10.1.2.3:8000: i/o timeout"),
    ],
)
def test_what_could_not_be_asked_is_said(api: KubeApi, status: int, message: str) -> None:
    found = state(api, status, kind="Status", message=message)
    assert found.name == "ready"
    assert "could not be read" in found.why
    assert message in found.why
