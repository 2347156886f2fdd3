"""A key opens what its scopes say."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from plait.serving.access_control import AccessMiddleware
from plait.serving.api_keys import ApiKeys
from plait.serving.api_scopes import DEFAULT_SCOPES, SCOPES, needed_scope
from plait.serving.routes import build_app


def call(keys: ApiKeys, path: str, key: str) -> tuple[int, str]:
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-api-key", key.encode())]
    scope = {"type": "http", "path": path, "method": "GET", "headers": headers}
    asyncio.run(AccessMiddleware(app, keys)(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"]).get("detail", "")


PATHS = {
    "/v1/recommend": "recommend", "/v1/recommend/shop/u": "recommend", "/v1/rank": "recommend",
    "/v1/events": "events", "/v1/identities:link": "identity", "/v1/persons/p_1": "privacy",
    "/v1/persons/p_1/export": "privacy", "/v1/accounts/shop/u": "privacy",
    "/v1/erasures/x_1": "privacy",
}  # fmt: skip


@pytest.mark.parametrize(("path", "scope"), PATHS.items())
def test_a_call_needs_its_scope_and_is_told_which(path: str, scope: str) -> None:
    assert call(ApiKeys(f"k {scope}"), path, "k")[0] == 200
    others = ",".join(one for one in SCOPES if one != scope)
    status, detail = call(ApiKeys(f"k {others}"), path, "k")
    assert (status, f"scope '{scope}'" in detail) == (403, True)
    assert call(ApiKeys("k"), path, "k")[0] == (403 if scope == "privacy" else 200)
    assert call(ApiKeys("k"), path, "other")[0] == 401
    assert call(ApiKeys(), path, "")[0] == 200  # without keys, nothing is asked for


def test_every_route_has_a_scope_but_those_that_need_no_key() -> None:
    paths = build_app(lambda: None).openapi()["paths"]  # type: ignore[arg-type, return-value]
    named = {path: needed_scope(path) for path in paths if not path.startswith("/health")}
    assert set(named.values()) == set(SCOPES)


def test_a_line_of_a_file_is_a_key_and_its_scopes(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keys"
    file.write_text("one\ntwo events, privacy\n three  recommend \nfour secrets\n")
    with caplog.at_level(logging.ERROR):
        keys = ApiKeys(files=[file])
        found = [keys.scopes(key) for key in ("one", "two", "three", "four", "two events, privacy")]
    assert found == [
        DEFAULT_SCOPES, {"events", "privacy"}, {"recommend"}, frozenset(), None
    ]  # fmt: skip
    assert "unknown scope" in caplog.text
    assert "secrets" not in caplog.text
