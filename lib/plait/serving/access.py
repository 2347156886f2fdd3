"""The outermost layer: the optional API key, and no error that is not a problem."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plait.serving.problem import ProblemError, from_fault, respond

OPEN = ("/health/", "/docs", "/openapi.json")


class Access:
    """Asks for the key where there is one; turns whatever escapes the app into a problem.

    Args:
        app: what is guarded.
        key: accepted as X-API-Key or as a Bearer token; empty: everyone is let in.
    """

    def __init__(self, app: ASGIApp, key: str = "") -> None:
        self._app, self._key = app, key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._key and not self._allowed(scope):
            error = ProblemError(
                401,
                "An API key is needed: X-API-Key, or Authorization: Bearer.",
                headers={"WWW-Authenticate": "Bearer"},
            )
            await respond(error)(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            problem = from_fault(error)
            if not started:
                await respond(problem)(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        if scope["path"].startswith(OPEN):
            return True
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "")
        given = headers.get("x-api-key", "")
        if not given and bearer[:7].lower() == "bearer ":
            given = bearer[7:].strip()
        return hmac.compare_digest(given.encode(), self._key)
