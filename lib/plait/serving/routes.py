"""The routes: HTTP requests to messages for the request handler, its results to responses."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from pydantic import Field
from pydantic_core import to_json

from plait.contracts.http_messages import (
    MAX_EVENTS,
    EventsRequest,
    EventsResponse,
    LinkRequest,
    LinkResponse,
    RankRequest,
    RecommendRequest,
    RecommendResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.contracts.http_messages import StrictMessage as Strict
from plait.serving import problems
from plait.serving.access_control import AccessMiddleware
from plait.serving.api_keys import ApiKeys
from plait.serving.body_route import BodyRoute, SentAs
from plait.serving.head_and_options import MethodMiddleware
from plait.serving.ingestion import EventBatch, validate_events, validate_inline_events
from plait.serving.openapi import install_openapi, probe_options, route_options
from plait.serving.path_check import UrlMiddleware
from plait.serving.problems import ProblemError
from plait.serving.recommend_query import query_parameters, query_to_body
from plait.serving.request_body import validate_message
from plait.serving.service import RecommendCall, RecommendResult


class RequestHandler(Protocol):
    """What the routes need: answers, places for events, links, and whether all is ready."""

    async def recommend(self, call: RecommendCall) -> RecommendResult:
        """Answers one call."""
        ...

    async def ingest(self, batch: EventBatch) -> EventsResponse:
        """Keeps the events of one call."""
        ...

    async def link(self, message: LinkRequest) -> LinkResponse:
        """Joins two accounts."""
        ...

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        """Parts two accounts."""
        ...

    def unready_reason(self) -> str:
        """Returns why there are no answers yet, or ''."""
        ...

    def live_state(self) -> str:
        """Returns how live state is: ok, loading or down."""
        ...


class _EventsEnvelope(Strict):
    events: list[Any] = Field(min_length=1, max_length=MAX_EVENTS)


def _parse_call(model: type[RecommendRequest] | type[RankRequest], body: Any) -> RecommendCall:
    message = validate_message(body, model)
    events = message.events
    return RecommendCall(
        message, validate_inline_events(events, message.user) if events else EventBatch()
    )


_parse_recommend = partial(_parse_call, RecommendRequest)
_parse_rank = partial(_parse_call, RankRequest)


def _parse_events(body: Any) -> EventBatch:
    return validate_events(validate_message(body, _EventsEnvelope).events)


_Recommend = Annotated[RecommendCall, SentAs(RecommendRequest, _parse_recommend)]
_Rank = Annotated[RecommendCall, SentAs(RankRequest, _parse_rank)]
_Events = Annotated[EventBatch, SentAs(EventsRequest, _parse_events)]
_Link = Annotated[LinkRequest, SentAs(LinkRequest)]
_Unlink = Annotated[UnlinkRequest, SentAs(UnlinkRequest)]


def build_app(handler: Callable[[], RequestHandler], keys: ApiKeys | None = None) -> FastAPI:
    """Returns the app.

    Args:
        handler: called once a request.
        keys: the API keys that are asked for; None: none is.
    """
    keys = keys or ApiKeys()
    app = FastAPIOffline(  # /docs loads nothing from elsewhere
        redoc_url=None,
        static_url="/docs/assets",
        title="plait",
        description="Recommendations across platforms, in real time.",
        version="1",
        redirect_slashes=False,
        swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True},
    )
    app.router.route_class = BodyRoute
    problems.install_problem_handlers(app)
    app.add_middleware(MethodMiddleware, routes=app.routes)
    app.add_middleware(UrlMiddleware)
    app.add_middleware(AccessMiddleware, keys=keys)  # added last, asked first

    @app.post("/v1/recommend", **route_options(RecommendResponse))
    async def recommend(request: Request, call: _Recommend) -> Response:
        """The k best items for a user, right after everything they have done."""
        return await _respond(handler(), call, request.state.began)

    @app.get(
        "/v1/recommend/{platform}/{account:path}",
        **route_options(RecommendResponse, parameters=query_parameters()),
    )
    async def recommend_to(request: Request, platform: str, account: str) -> Response:
        """The same for a line of curl: `?k=`, any number of `&platforms=` and `&exclude=`."""
        began = time.perf_counter()
        return await _respond(handler(), _parse_recommend(query_to_body(request.scope)), began)

    @app.post("/v1/rank", **route_options(RecommendResponse))
    async def rank(request: Request, call: _Rank) -> Response:
        """The caller's items, best first for a user; unknown ones last and without a score."""
        return await _respond(handler(), call, request.state.began)

    @app.post("/v1/events", **route_options(EventsResponse))
    async def events(request: Request, batch: _Events) -> Response:
        """Takes what people did; each event is judged by itself."""
        taken = await handler().ingest(batch)
        taken.took_ms = _elapsed_ms(request.state.began)
        return _json_response(taken.model_dump())

    @app.post("/v1/identities:link", **route_options(LinkResponse, 409))
    async def link(_: Request, message: _Link) -> Response:
        """Joins two accounts to one person, from the next answer on."""
        joined = await handler().link(message)
        return _json_response(joined.model_dump())

    @app.post("/v1/identities:unlink", **route_options(UnlinkResponse))
    async def unlink(_: Request, message: _Unlink) -> Response:
        """Parts two accounts; `effective` says from when on."""
        parted = await handler().unlink(message)
        return _json_response(parted.model_dump())

    @app.get("/health/live", **probe_options())
    async def live() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "live"}

    @app.get("/health/ready", **probe_options(503))
    async def ready() -> dict[str, str]:
        """Whether a model is loaded and warm; `live_state` says what answers lack meanwhile."""
        if reason := handler().unready_reason():
            raise ProblemError(503, f"Not ready: {reason}", headers={"Retry-After": "1"})
        return {"status": "ready", "live_state": handler().live_state()}

    install_openapi(app, keys.required)
    return app


async def _respond(handler: RequestHandler, call: RecommendCall, began: float) -> Response:
    message = call.message
    answer = await handler.recommend(call)
    took = _elapsed_ms(began)
    if answer.events is not None:
        answer.events.took_ms = took
    return _json_response(
        {
            "recommendation_id": answer.recommendation_id,
            "request_id": message.request_id,
            "model": {"name": answer.model.name, "version": answer.model.version},
            "person": {
                "person_id": answer.person,
                "platforms": answer.platforms,
                "state": "warm" if answer.warm else "new",
            },
            "items": answer.items,
            "events": answer.events.model_dump() if answer.events else None,
            "fallback": answer.fallback,
            "reasons": answer.reasons,
            "took_ms": took,
        }
    )


def _json_response(body: dict[str, Any]) -> Response:
    return Response(to_json(body, inf_nan_mode="null"), media_type="application/json")


def _elapsed_ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1e3, 2)
