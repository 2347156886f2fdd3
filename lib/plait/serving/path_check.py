"""Checks a URL before it is routed. Servers decode URLs leniently, which would change ids.

`%ff`, like every byte that is not UTF-8, would become U+FFFD, so several accounts would become one.
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
    """Refuses a URL that is not UTF-8, or has a control character in its path."""

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
    """Returns the path as it was sent, still percent-encoded."""
    sent: bytes = scope.get("raw_path") or scope["path"].encode()
    return sent.partition(b"?")[0]


def check_url(path: bytes, query: bytes) -> None:
    """Checks a URL as it was sent.

    Raises:
        ProblemError: 400, 414 or 422.
    """
    if len(path) + len(query) > MAX_URL_BYTES:
        raise ProblemError(414, f"The URL has more than {MAX_URL_BYTES:,} bytes; POST the call.")
    decode_url_text(query.replace(b"+", b" "), "query")
    if _CONTROL.search(decode_url_text(path, "path")):
        raise field_problem("path", "must hold no control characters", "Correct or encode the id.")


def decode_url_text(sent: bytes, where: str = "path") -> str:
    """Returns percent-decoded text.

    Raises:
        ProblemError: 400 if it is not UTF-8, or a % is not followed by two hex digits.
    """
    if _NO_ESCAPE.search(sent):
        raise ProblemError(400, f"The {where} has a % without two hex digits; write %25 for %.")
    try:
        return unquote_to_bytes(sent).decode("utf-8")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        detail = f"The {where} is not UTF-8 (%{byte:02X}); encode ids in UTF-8, then with %."
        raise ProblemError(400, detail) from None
