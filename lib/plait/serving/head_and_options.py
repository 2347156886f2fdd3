"""HEAD and OPTIONS for every route."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class MethodMiddleware:
    """Serves HEAD as GET without the body, and OPTIONS with the methods that a URL allows.

    Args:
        app: the wrapped app.
        routes: the app's routes; read at each request.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app, self._routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "OPTIONS" and (allowed := self._allowed(scope)):
            answer = Response(status_code=204, headers={"Allow": ", ".join(allowed)})
            await answer(scope, receive, send)
        elif method == "HEAD" and "GET" in self._allowed(scope):
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)

    def _allowed(self, scope: Scope) -> list[str]:
        found: set[str] = set()
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                found |= getattr(route, "methods", None) or set()
        if "GET" in found:
            found.add("HEAD")
        return sorted(found | {"OPTIONS"}) if found else []


def _without_body(send: Send) -> Send:
    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only
