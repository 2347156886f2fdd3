"""A recommend call as a URL: `GET /v1/recommend/{platform}/{account}` and its parameters."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from plait.contracts.http_messages import ErrorDetail, RecommendRequest
from plait.errors import nearest
from plait.serving.path_check import decode_url_text, raw_path
from plait.serving.problems import ProblemError, field_problem, quote_input

LIST_PARAMETERS = ("platforms", "exclude")
PARAMETER_NAMES = ("k", *LIST_PARAMETERS, "seen", "explain", "request_id")
MAX_PARAMETERS = 2_000  # per URL
PATH_PREFIX = b"/v1/recommend/"


def query_to_body(scope: Scope) -> dict[str, Any]:
    """Returns the body of the equivalent POST call.

    Raises:
        ProblemError: 422 if a parameter is unknown, empty, or given twice.
    """
    platform, _, account = raw_path(scope).partition(PATH_PREFIX)[2].partition(b"/")
    body: dict[str, Any] = {
        "user": {"platform": decode_url_text(platform), "id": decode_url_text(account)}
    }
    sent: bytes = scope["query_string"]
    if sent.count(b"&") >= MAX_PARAMETERS:
        raise field_problem(
            "query", f"has more than {MAX_PARAMETERS:,} parameters", "POST the call."
        )
    for name, value in parse_qsl(sent.decode(), keep_blank_values=True):
        if name not in PARAMETER_NAMES:
            raise _unknown_parameter(name, "unknown parameter", nearest(name[:64], PARAMETER_NAMES))
        if value == "":
            raise field_problem(
                name, "is empty", f"Give it a value or leave it out: ?{name}={_example_value(name)}"
            )
        if name in LIST_PARAMETERS:
            body.setdefault(name, []).append(value)
        elif name in body:
            raise field_problem(name, "is given twice", "Give it once.")
        else:
            body[name] = _parse_value(name, value)
    return body


def query_parameters() -> list[dict[str, Any]]:
    """Returns the parameters as OpenAPI describes them."""
    properties = RecommendRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    fields = properties["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": fields[name]}
        for name in PARAMETER_NAMES
    ]


def _parse_value(name: str, value: str) -> Any:
    """Returns `value` as a JSON value if it can be parsed as one, else unchanged."""
    if name == "explain" and value in ("true", "false"):
        return value == "true"
    digits = value.removeprefix("-")
    if name == "k" and digits.isascii() and digits.isdigit() and len(digits) < 20:
        return int(value)
    return value


def _example_value(name: str) -> str:
    return {"k": "10", "platforms": "shop", "exclude": "shop:77", "seen": "allow",
            "explain": "true"}.get(name, "r-1")  # fmt: skip


def _unknown_parameter(name: str, message: str, hint: str) -> ProblemError:
    error = ErrorDetail(loc=[quote_input(name).strip("'")], msg=message, hint=hint)
    return ProblemError(422, f"{quote_input(name)}: {message}. {hint}".strip(), [error])
