"""Adds to the OpenAPI document what FastAPI cannot derive: problems and API key schemes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from plait.contracts.http_messages import Problem

_REF = "#/components/schemas/{model}"
_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
_STATUS_DESCRIPTIONS: dict[int | str, str] = {
    400: "The body is not JSON, or the URL is not UTF-8.",
    401: "An API key is required.",
    403: "The API key lacks the scope that `detail` names.",
    404: "There is nothing at this URL.",
    405: "The method is not allowed. `Allow` lists those that are.",
    408: "The request took too long to arrive.",
    409: "A link would give one person too many accounts.",
    413: "The body is too long.",
    414: "The URL is too long.",
    415: "The body's media type is not application/json.",
    422: "The request is invalid. `errors` says where.",
    500: "An unexpected error. `detail` has its id.",
    503: "Not ready, or nothing can be stored now. `Retry-After` says when to try again.",
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
    """Returns the OpenAPI descriptions of a route's errors, by status."""
    return {
        status: {"description": _STATUS_DESCRIPTIONS[status], "content": _PROBLEM_CONTENT}
        for status in statuses
    }


def probe_options(*more: int) -> dict[str, Any]:
    """Returns the arguments of a route that needs no key. `more` are its additional statuses."""
    return {
        "responses": problem_responses(*_PROBE_STATUSES, *more),
        "openapi_extra": {"security": []},
    }


def route_options(
    response: type[BaseModel],
    *more: int,
    parameters: Sequence[dict[str, Any]] | None = None,
    status: int = 200,
) -> dict[str, Any]:
    """Returns the arguments of a route that responds with `response` or a problem.

    Args:
        response: the model of the response.
        more: additional statuses.
        parameters: URL parameters, as OpenAPI describes them. Such a route takes no body.
        status: the status of the response.
    """
    statuses = [status for status in _STATUS_DESCRIPTIONS if status not in _RARE_STATUSES]
    if parameters is None:
        statuses += _BODY_STATUSES
    return {
        "responses": {status: {"model": response}, **problem_responses(*statuses, *more)},
        "openapi_extra": {} if parameters is None else {"parameters": list(parameters)},
    }


def install_openapi(app: FastAPI, key_needed: bool) -> None:
    """Adds the problem schema and the API key schemes to `app.openapi()`."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = describe()  # cached in app.openapi_schema
        schema = Problem.model_json_schema(ref_template=_REF)
        document["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        document["components"]["securitySchemes"] = _SECURITY
        ways: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
        document["security"] = ways if key_needed else [{}, *ways]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
