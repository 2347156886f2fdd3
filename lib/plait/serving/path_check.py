"""What an address must be before a route sees it: servers decode it leniently, ids must not be.

`%ff` and every other byte that is no UTF-8 would become U+FFFD, and so make one account of many.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from plait.serving.problems import ProblemError, field_problem, problem_response

MAX_URL_BYTES = 16_384  # bytes of path and query
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class UrlMiddleware:
    """Refuses what is not an address in UTF-8, or has a control character in its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        try:
            if scope["type"] == "http":
                check_url(raw_path(scope), scope["query_string"])
        except ProblemError as error:
            await problem_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def raw_path(scope: Scope) -> bytes:
    """Returns the path as it was sent, its escapes in place."""
    sent: bytes = scope.get("raw_path") or scope["path"].encode()
    return sent.partition(b"?")[0]


def check_url(path: bytes, query: bytes) -> None:
    """Checks an address as it was sent.

    Raises:
        ProblemError: 400, 414 or 422.
    """
    if len(path) + len(query) > MAX_URL_BYTES:
        raise ProblemError(
            414, f"The address has more than {MAX_URL_BYTES:,} bytes; POST the call."
        )
    decode_url_text(query.replace(b"+", b" "), "query")
    if _CONTROL.search(decode_url_text(path, "path")):
        raise field_problem("path", "must hold no control characters", "Mend or encode the id.")


def decode_url_text(sent: bytes, where: str = "path") -> str:
    """Returns text without its escapes.

    Raises:
        ProblemError: 400, it is not UTF-8, or a % escapes nothing.
    """
    if _NO_ESCAPE.search(sent):
        raise ProblemError(400, f"The {where} has a % that escapes nothing; write %25 for %.")
    try:
        return unquote_to_bytes(sent).decode("utf-8")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        detail = f"The {where} is not UTF-8 (%{byte:02X}); encode ids in UTF-8, then with %."
        raise ProblemError(400, detail) from None
