from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plait.serving import unread_body
from plait.serving.unread_body import UnreadBodyMiddleware

PARTS = [{"type": "http.request", "body": b"12", "more_body": True}] * 3
END = {"type": "http.request", "body": b"3", "more_body": False}


class Connection:
    """What a server gives to an app: the parts of a body, then silence."""

    def __init__(self, *parts: dict[str, Any]) -> None:
        self.parts, self.log = list(parts), list[str]()

    async def receive(self) -> dict[str, Any]:
        if not self.parts:
            await asyncio.sleep(60)
        self.log.append("read")
        return self.parts.pop(0)

    async def send(self, message: Any) -> None:
        more = "+" if message.get("more_body") else ""
        self.log.append(f"{message.get('body', b'start').decode()}{more}")

    def serve(self, app: Any, headers: dict[bytes, bytes]) -> list[str]:
        scope = {"type": "http", "headers": list(headers.items())}
        asyncio.run(UnreadBodyMiddleware(app)(scope, self.receive, self.send))
        return self.log


async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


async def read_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await refuse(scope, receive, send)


@pytest.mark.parametrize("headers", [{b"content-length": b"7"}, {b"transfer-encoding": b"chunked"}])
def test_a_refusal_is_sent_before_the_rest_is_read(headers: dict[bytes, bytes]) -> None:
    log = Connection(*PARTS, END).serve(refuse, headers)
    assert log == ["start", "no+", "read", "read", "read", "read", ""]


def test_a_client_that_hangs_up_ends_it() -> None:
    log = Connection(*PARTS[:1], {"type": "http.disconnect"}).serve(
        refuse, {b"content-length": b"7"}
    )
    assert log == ["start", "no+", "read", "read", ""]


def test_a_body_that_was_read_or_is_none_is_not_waited_for() -> None:
    assert Connection(*PARTS, END).serve(read_all, {b"content-length": b"7"})[-2:] == [
        "start",
        "no",
    ]
    assert Connection().serve(refuse, {b"content-length": b"0"}) == ["start", "no"]
    assert Connection().serve(refuse, {}) == ["start", "no"]


def test_it_reads_no_longer_and_no_more_than_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "LINGER_S", 0.01)
    assert Connection().serve(refuse, {b"content-length": b"7"}) == ["start", "no+", ""]
    monkeypatch.setattr(unread_body, "LINGER_BYTES", 3)
    assert Connection(*PARTS, END).serve(refuse, {b"content-length": b"7"})[2:] == [
        "read", "read", "",
    ]  # fmt: skip
