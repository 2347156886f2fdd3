"""An API key is changed under load: over HTTP, with files as the kubelet changes them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from plait.serving.api_keys import ApiKeys
from plait.serving.ray_environment import free_port
from plait.serving.routes import build_app

pytestmark = pytest.mark.slow

NOTICED_S = 2.0  # the files are read again every second


class Secret:
    """The folder of a mounted secret: its files are links over ..data, which is moved at once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._version = folder, 0
        for name in ("current", "next"):
            (folder / name).symlink_to(f"..data/{name}")

    def hold(self, **keys: str) -> None:
        self._version += 1
        version = self._folder / f"..{self._version}"
        version.mkdir()
        for name, key in keys.items():
            (version / name).write_text(f"{key}\n")
        (self._folder / "..tmp").symlink_to(version.name)
        (self._folder / "..tmp").rename(self._folder / "..data")


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    made = Secret(tmp_path)
    made.hold(current="old")
    return made


@pytest.fixture
def url(secret: Secret, tmp_path: Path) -> Iterator[str]:
    files = f"{tmp_path / 'current'}:{tmp_path / 'next'}"
    app = build_app(lambda: None, ApiKeys.from_environment({"PLAIT_API_KEY_FILE": files}))  # type: ignore[arg-type]
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class Caller:
    """Calls all the time with one key after the other; a body that is wrong shows it was let in."""

    def __init__(self, url: str) -> None:
        self.key, self.seen = "old", Counter[int]()
        self._url, self._stop = url, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Caller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=self._url) as client:
            while not self._stop.wait(0.01):
                headers = {"X-API-Key": self.key}
                self.seen[client.post("/v1/recommend", json={}, headers=headers).status_code] += 1


def test_nobody_is_turned_away_while_the_key_changes(url: str, secret: Secret) -> None:
    with Caller(url) as early, Caller(url) as late:
        time.sleep(0.5)
        secret.hold(current="old", next="new")
        time.sleep(NOTICED_S)
        early.key = late.key = "new"  # applications take the new one
        time.sleep(0.5)
        secret.hold(current="new")
        time.sleep(NOTICED_S)
    assert early.seen.keys() == late.seen.keys() == {422}
    assert early.seen.total() > 50
    old = httpx.post(f"{url}/v1/recommend", json={}, headers={"X-API-Key": "old"})
    assert old.status_code == 401


def test_without_a_key_to_read_nobody_is_let_in(url: str, secret: Secret) -> None:
    secret.hold()
    time.sleep(NOTICED_S)
    for headers in ({"X-API-Key": "old"}, {"X-API-Key": ""}, {}):
        reply = httpx.post(f"{url}/v1/recommend", json={}, headers=headers)
        assert reply.status_code == 503
        assert "cannot read its API keys, so it rejects all requests" in reply.json()["detail"]
    assert httpx.get(f"{url}/health/live").status_code == 200
