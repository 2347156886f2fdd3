"""Middleware that checks the API key, sets the request id and turns errors into problems."""

from __future__ import annotations

import asyncio
import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plait.serving.api_keys import ApiKeys
from plait.serving.api_scopes import needed_scope
from plait.serving.json_logs import request_id
from plait.serving.problems import ProblemError, problem_from_exception, problem_response

REQUEST_ID_HEADER = "X-Request-ID"
_VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
BODY_TIMEOUT_S = 20.0  # for a whole body to arrive
PUBLIC_PATHS = ("/health/", "/docs", "/openapi.json")


class AccessMiddleware:
    """Checks the API key if one is configured. Turns every uncaught exception into a problem.

    Args:
        app: the protected app.
        keys: accepted as X-API-Key or as a Bearer token. Without any, every request is allowed.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        asked = named if _VALID_REQUEST_ID.fullmatch(named) else secrets.token_hex(16)
        request_id.set(asked)
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = asked
            await send(message)

        if self._keys.required and (refused := self._refusal(scope)):
            await problem_response(refused)(scope, receive, watch)
            return
        try:
            await self._app(scope, _with_body_timeout(receive), watch)
        except Exception as error:
            problem = error if isinstance(error, ProblemError) else problem_from_exception(error)
            if not started:
                await problem_response(problem)(scope, receive, watch)

    def _refusal(self, scope: Scope) -> ProblemError | None:
        """Returns why the call is refused; null if its key allows it."""
        if scope["path"].startswith(PUBLIC_PATHS):
            return None
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "")
        given = headers.get("x-api-key", "")
        if not given and bearer[:7].lower() == "bearer ":
            given = bearer[7:].strip()
        scopes = self._keys.scopes(given)
        if scopes is None:
            return self._key_problem()
        needed = needed_scope(scope["path"])
        if needed and needed not in scopes:
            detail = (
                f"The API key lacks the scope '{needed}' (it has: {', '.join(sorted(scopes))}). "
                f"Write it behind the key: KEY {','.join(sorted(scopes | {needed}))}"
            )
            return ProblemError(403, detail)
        return None

    def _key_problem(self) -> ProblemError:
        if not self._keys.has_keys():
            detail = "The endpoint cannot read its API keys, so it rejects all requests; try again."
            return ProblemError(503, detail, headers={"Retry-After": "1"})
        detail = "An API key is needed: X-API-Key, or Authorization: Bearer."
        return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})


def _with_body_timeout(receive: Receive) -> Receive:
    """Returns `receive` that raises ProblemError (408) if the body takes too long to arrive."""
    until = asyncio.get_running_loop().time() + BODY_TIMEOUT_S
    whole = False

    async def bounded() -> Message:
        nonlocal whole
        if whole:  # only a disconnect can follow; it has no time limit
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            detail = f"The body took longer than {BODY_TIMEOUT_S:.0f} s to arrive; send it at once."
            raise ProblemError(408, detail, headers={"Connection": "close"}) from None
        whole = not message.get("more_body", False)
        return message

    return bounded
