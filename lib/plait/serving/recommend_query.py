"""A recommend call as an address: what `GET /v1/recommend/{platform}/{account}` takes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from plait.contracts.http import ErrorDetail, RecommendRequest
from plait.errors import nearest
from plait.serving.path_check import decoded, raw_path
from plait.serving.problems import ProblemError, shown, wrong

LISTS = ("platforms", "exclude")
NAMES = ("k", *LISTS, "seen", "explain", "request_id")
MOST = 2_000  # parameters of one address
START = b"/v1/recommend/"


def asked(scope: Scope) -> dict[str, Any]:
    """Returns the body of the call that an address stands for.

    Raises:
        ProblemError: 422, a parameter is unknown, empty, or given twice.
    """
    platform, _, account = raw_path(scope).partition(START)[2].partition(b"/")
    body: dict[str, Any] = {"user": {"platform": decoded(platform), "id": decoded(account)}}
    sent: bytes = scope["query_string"]
    if sent.count(b"&") >= MOST:
        raise wrong("query", f"has more than {MOST:,} parameters", "POST the call.")
    for name, value in parse_qsl(sent.decode(), keep_blank_values=True):
        if name not in NAMES:
            raise _wrong(name, "unknown parameter", nearest(name[:64], NAMES))
        if value == "":
            raise wrong(name, "is empty", f"Give it a value or leave it out: ?{name}={_like(name)}")
        if name in LISTS:
            body.setdefault(name, []).append(value)
        elif name in body:
            raise wrong(name, "stands twice", "Give it once.")
        else:
            body[name] = _read(name, value)
    return body


def parameters() -> list[dict[str, Any]]:
    """Returns the parameters as OpenAPI describes them."""
    properties = RecommendRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    fields = properties["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": fields[name]} for name in NAMES
    ]


def _read(name: str, value: str) -> Any:
    """Returns `value` as JSON has it, where it can be read so."""
    if name == "explain" and value in ("true", "false"):
        return value == "true"
    digits = value.removeprefix("-")
    if name == "k" and digits.isascii() and digits.isdigit() and len(digits) < 20:
        return int(value)
    return value


def _like(name: str) -> str:
    return {"k": "10", "platforms": "shop", "exclude": "shop:77", "seen": "allow",
            "explain": "true"}.get(name, "r-1")  # fmt: skip


def _wrong(name: str, message: str, hint: str) -> ProblemError:
    error = ErrorDetail(loc=[shown(name).strip("'")], msg=message, hint=hint)
    return ProblemError(422, f"{shown(name)}: {message}. {hint}".strip(), [error])
