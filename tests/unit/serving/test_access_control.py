from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.datastructures import Headers

from plait.serving import access_control
from plait.serving.access_control import AccessMiddleware
from plait.serving.api_keys import ApiKeys
from plait.serving.json_logs import request_id


async def call(
    app: Any, headers: dict[str, str] | None = None, body: Any = None
) -> tuple[int, Headers, bytes]:
    sent: list[dict[str, Any]] = []
    parts = iter(body or [{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for part in parts:
            return dict(part)
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()]
    scope = {"type": "http", "path": "/v1/rank", "method": "POST", "headers": raw}
    await AccessMiddleware(app, ApiKeys())(scope, receive, send)
    return sent[0]["status"], Headers(raw=sent[0]["headers"]), sent[1]["body"]


async def fails(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError(f"in request {request_id.get()}")


@pytest.mark.parametrize(
    ("given", "taken"),
    [("abc-1:2", True), ("a" * 128, True), ("a" * 129, False), ("a b", False), ("<i>", False),
     ("", False), ("é", False)],
)  # fmt: skip
def test_every_answer_names_its_request(
    given: str, taken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, headers, body = asyncio.run(call(fails, {"X-Request-ID": given}))
    assert status == 500
    (named,) = headers.getlist("x-request-id")
    assert (named == given) == taken
    assert len(named) == (len(given) if taken else 32)
    (record,) = caplog.records
    assert record.fault_id.encode() in body  # type: ignore[attr-defined]
    assert named in str(record.exc_info and record.exc_info[1])


def test_a_body_that_does_not_come_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_control, "BODY_TIMEOUT_S", 0.2)

    async def reads(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive())["more_body"]:
            pass

    part = {"type": "http.request", "body": b"{", "more_body": True}
    status, headers, body = asyncio.run(asyncio.wait_for(call(reads, body=[part] * 3), 10))
    assert (status, headers["connection"]) == (408, "close")
    assert b"send it at once" in body


def test_the_end_of_a_connection_is_waited_for_without_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_control, "BODY_TIMEOUT_S", 0.05)
    ended = []

    async def waits(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        try:
            async with asyncio.timeout(0.3):
                await receive()
        except TimeoutError:
            ended.append("by itself")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert asyncio.run(call(waits))[0] == 200
    assert ended == ["by itself"]
