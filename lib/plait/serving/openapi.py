"""The OpenAPI document of routes that read their bodies themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from plait.contracts.http_messages import (
    EventsRequest,
    LinkRequest,
    Problem,
    RankRequest,
    RecommendRequest,
    UnlinkRequest,
)

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (
    RecommendRequest,
    RankRequest,
    EventsRequest,
    LinkRequest,
    UnlinkRequest,
    Problem,
)
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
_LINK_STATUSES = (409,)
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
    body: type[BaseModel] | None,
    answer: type[BaseModel],
    parameters: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Returns the arguments of a route that takes `body` and answers `answer` or a problem."""
    extra: dict[str, Any] = {}
    statuses = list(_STATUS_DESCRIPTIONS)
    if body is not LinkRequest:
        statuses = [status for status in statuses if status not in _LINK_STATUSES]
    if body is None:
        extra["parameters"] = list(parameters)
        statuses = [status for status in statuses if status not in _BODY_STATUSES]
    else:
        schema = {"$ref": _REF.format(model=body.__name__)}
        content = {"application/json": {"schema": schema}}
        extra["requestBody"] = {"required": True, "content": content}
    return {
        "responses": {200: {"model": answer}, **problem_responses(*statuses)},
        "openapi_extra": extra,
    }


def install_openapi(app: FastAPI, key_needed: bool) -> None:
    """Makes `app.openapi()` hold the bodies' schemas and the ways to send a key."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            components = document.setdefault("components", {})
            schemas = components.setdefault("schemas", {})
            for model in _BODIES:
                schema = model.model_json_schema(ref_template=_REF)
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            components["securitySchemes"] = _SECURITY
            ways: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
            document["security"] = ways if key_needed else [{}, *ways]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
