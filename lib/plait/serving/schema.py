"""The OpenAPI document of routes that read their bodies themselves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from plait.contracts.http import EventsRequest, LinkRequest, Problem, RankRequest, RecommendRequest

_REF = "#/components/schemas/{model}"
_BODIES: tuple[type[BaseModel], ...] = (
    RecommendRequest,
    RankRequest,
    EventsRequest,
    LinkRequest,
    Problem,
)
_PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, **_PROBLEM}
    for status, text in {
        400: "The body is not JSON.",
        401: "An API key is needed.",
        413: "The body is too long.",
        415: "The body has another media type.",
        422: "The request has the wrong content; `errors` say where.",
        503: "Not ready, or nothing can be kept now; try again.",
    }.items()
}


def described(body: type[BaseModel] | None, answer: type[BaseModel]) -> dict[str, Any]:
    """Returns the arguments of a route that takes `body` and answers `answer` or a problem."""
    extra: dict[str, Any] = {}
    if body is not None:
        schema = {"$ref": _REF.format(model=body.__name__)}
        content = {"application/json": {"schema": schema}}
        extra["requestBody"] = {"required": True, "content": content}
    return {"responses": {200: {"model": answer}, **PROBLEMS}, "openapi_extra": extra}


def describe(app: FastAPI) -> None:
    """Makes `app.openapi()` hold the bodies' schemas too."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for model in _BODIES:
                schema = model.model_json_schema(ref_template=_REF)
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
