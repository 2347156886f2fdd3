"""Reads the rest of a body that was refused, so that the refusal reaches the client."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_S = 5.0
LINGER_BYTES = 64 * 2**20


class UnreadBodyMiddleware:
    """Sends a response at once, then discards what the app has not read of the request's body.

    A server that closes a connection with unread bytes resets it, and a reset can destroy the
    response on its way (RFC 9112, section 9.6). At most `LINGER_S` seconds and `LINGER_BYTES`
    are spent on it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        whole = False

        async def read() -> Message:
            nonlocal whole
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def respond(message: Message) -> None:
            ends = message["type"] == "http.response.body" and not message.get("more_body", False)
            if whole or not ends:
                await send(message)
                return
            await send({**message, "more_body": True})
            await _discard(receive)
            await send({"type": "http.response.body", "body": b""})

        await self._app(scope, read, respond)


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


async def _discard(receive: Receive) -> None:
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
