"""The outermost layer: the optional API key, and no error that is not a problem."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plait.serving.keys import ApiKeys
from plait.serving.problem import ProblemError, from_fault, respond

OPEN = ("/health/", "/docs", "/openapi.json")


class Access:
    """Asks for the key where there is one; turns whatever escapes the app into a problem.

    Args:
        app: what is guarded.
        keys: accepted as X-API-Key or as a Bearer token; none asked for: everyone is let in.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._keys.asked and not self._allowed(scope):
            await respond(self._refused())(scope, receive, send)
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
        return self._keys.accept(given)

    def _refused(self) -> ProblemError:
        if not self._keys.known():
            said = "The endpoint's API keys cannot be read, so nobody is let in; try again."
            return ProblemError(503, said, headers={"Retry-After": "1"})
        said = "An API key is needed: X-API-Key, or Authorization: Bearer."
        return ProblemError(401, said, headers={"WWW-Authenticate": "Bearer"})
