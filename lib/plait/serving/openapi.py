"""What FastAPI cannot know of the OpenAPI document: problems, and how a key is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from plait.contracts.http_messages import Problem

_REF = "#/components/schemas/{model}"
_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
_STATUS_DESCRIPTIONS: dict[int | str, str] = {
    400: "The body is not JSON, or the address not UTF-8.",
    401: "An API key is needed.",
    404: "There is nothing at this address.",
    405: "The address does not take this method; `Allow` names those that it takes.",
    408: "The request took too long to arrive.",
    409: "A link would give one person too many accounts.",
    413: "The body is too long.",
    414: "The address is too long.",
    415: "The body has another media type.",
    422: "The request has the wrong content; `errors` say where.",
    500: "An unforeseen fault; `detail` has its id.",
    503: "Not ready, or nothing can be kept now; `Retry-After` says when to try again.",
    "default": "Any other error.",
}
_BODY_STATUSES = (408, 413, 415)
_RARE_STATUSES = (*_BODY_STATUSES, 409)
_PROBE_STATUSES = (400, 404, 405, 414, 500, "default")
_SECURITY = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "Bearer": {"type": "http", "scheme": "bearer"},
}


def problem_responses(*statuses: int | str) -> dict[int | str, dict[str, Any]]:
    """Returns what a route's errors are, by status."""
    return {
        status: {"description": _STATUS_DESCRIPTIONS[status], "content": _PROBLEM_CONTENT}
        for status in statuses
    }


def probe_options(*more: int) -> dict[str, Any]:
    """Returns the arguments of a route that needs no key; `more` are statuses of its own."""
    return {
        "responses": problem_responses(*_PROBE_STATUSES, *more),
        "openapi_extra": {"security": []},
    }


def route_options(
    answer: type[BaseModel], *more: int, parameters: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Returns the arguments of a route that answers `answer` or a problem.

    Args:
        answer: the model of status 200.
        more: statuses of its own.
        parameters: of its address, as OpenAPI describes them; such a route takes no body.
    """
    statuses = [status for status in _STATUS_DESCRIPTIONS if status not in _RARE_STATUSES]
    if parameters is None:
        statuses += _BODY_STATUSES
    return {
        "responses": {200: {"model": answer}, **problem_responses(*statuses, *more)},
        "openapi_extra": {} if parameters is None else {"parameters": list(parameters)},
    }


def install_openapi(app: FastAPI, key_needed: bool) -> None:
    """Makes `app.openapi()` hold what problems look like and the ways to send a key."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = describe()  # kept in app.openapi_schema
        schema = Problem.model_json_schema(ref_template=_REF)
        document["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        document["components"]["securitySchemes"] = _SECURITY
        ways: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
        document["security"] = ways if key_needed else [{}, *ways]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
