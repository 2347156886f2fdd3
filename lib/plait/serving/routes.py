"""The routes: turn HTTP requests into messages for the request handler, and results into JSON."""

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
    Account,
    ConsentRequest,
    ConsentResponse,
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
from plait.serving.privacy_routes import PrivacyHandler, add_privacy_routes
from plait.serving.problems import ProblemError
from plait.serving.recommend_query import query_parameters, query_to_body
from plait.serving.request_body import validate_message
from plait.serving.service import RecommendCall, RecommendResult
from plait.serving.unread_body import UnreadBodyMiddleware


class RequestHandler(PrivacyHandler, Protocol):
    """What the routes call: recommendations, ingestion, links, and readiness."""

    async def recommend(self, call: RecommendCall) -> RecommendResult:
        """Returns the result of one call."""
        ...

    async def ingest(self, batch: EventBatch) -> EventsResponse:
        """Stores the events of one call."""
        ...

    async def link(self, message: LinkRequest) -> LinkResponse:
        """Links two accounts."""
        ...

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        """Unlinks two accounts."""
        ...

    async def consent(self, account: Account, message: ConsentRequest) -> ConsentResponse:
        """Keeps what an account says about its consent."""
        ...

    def unready_reason(self) -> str:
        """Returns why the endpoint is not ready, or ''."""
        ...

    def live_state(self) -> str:
        """Returns the condition of live state: ok, loading, lossy or down."""
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
_Consent = Annotated[ConsentRequest, SentAs(ConsentRequest)]
_Unlink = Annotated[UnlinkRequest, SentAs(UnlinkRequest)]


def build_app(handler: Callable[[], RequestHandler], keys: ApiKeys | None = None) -> FastAPI:
    """Returns the app.

    Args:
        handler: returns the request handler; called once per request.
        keys: the accepted API keys. None: no key is required.
    """
    keys = keys or ApiKeys()
    app = FastAPIOffline(  # /docs loads nothing from other hosts
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
    app.add_middleware(AccessMiddleware, keys=keys)
    app.add_middleware(UnreadBodyMiddleware)  # added last, so it runs first

    @app.post("/v1/recommend", **route_options(RecommendResponse))
    async def recommend(request: Request, call: _Recommend) -> Response:
        """Returns the k best items for a user, given all their events so far."""
        return await _respond(handler(), call, request.state.began)

    @app.get(
        "/v1/recommend/{platform}/{account:path}",
        **route_options(RecommendResponse, parameters=query_parameters()),
    )
    async def recommend_to(request: Request, platform: str, account: str) -> Response:
        """The same as a GET: `?k=`, and any number of `&platforms=` and `&exclude=`."""
        began = time.perf_counter()
        return await _respond(handler(), _parse_recommend(query_to_body(request.scope)), began)

    @app.post("/v1/rank", **route_options(RecommendResponse))
    async def rank(request: Request, call: _Rank) -> Response:
        """Returns the given items, best first for a user. Unknown items are last, unscored."""
        return await _respond(handler(), call, request.state.began)

    @app.post("/v1/events", **route_options(EventsResponse))
    async def events(request: Request, batch: _Events) -> Response:
        """Stores events. Each event is accepted or rejected on its own."""
        taken = await handler().ingest(batch)
        taken.took_ms = _elapsed_ms(request.state.began)
        return _json_response(taken.model_dump())

    @app.post("/v1/identities:link", **route_options(LinkResponse, 409))
    async def link(_: Request, message: _Link) -> Response:
        """Links two accounts to one person, from the next recommendation on."""
        joined = await handler().link(message)
        return _json_response(joined.model_dump())

    @app.post("/v1/identities:unlink", **route_options(UnlinkResponse))
    async def unlink(_: Request, message: _Unlink) -> Response:
        """Unlinks two accounts. `effective` says from when on."""
        parted = await handler().unlink(message)
        return _json_response(parted.model_dump())

    @app.put("/v1/accounts/{platform}/{account:path}/consent", **route_options(ConsentResponse))
    async def consent(request: Request, message: _Consent) -> Response:
        """Keeps what an account consents to: to be linked, shared with platforms, trained on."""
        named = request.path_params
        account = validate_message({"platform": named["platform"], "id": named["account"]}, Account)
        said = await handler().consent(account, message)
        return _json_response(said.model_dump())

    add_privacy_routes(app, handler)

    @app.get("/health/live", **probe_options())
    async def live() -> dict[str, str]:
        """Responds if the process is alive."""
        return {"status": "live"}

    @app.get("/health/ready", **probe_options(503))
    async def ready() -> dict[str, str]:
        """Responds with 200 if a model is loaded and warm. `live_state` is the state of Valkey."""
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
