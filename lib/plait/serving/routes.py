"""The routes: HTTP to messages, messages to the desk, answers to HTTP."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from pydantic import Field
from pydantic_core import to_json

from plait.contracts.http import (
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
from plait.contracts.http import Request as Strict
from plait.serving import problems
from plait.serving.access_control import Access
from plait.serving.api_keys import ApiKeys
from plait.serving.head_and_options import Methods
from plait.serving.ingestion import Batch, inline, sift
from plait.serving.openapi import describe, described, probe
from plait.serving.path_check import Address
from plait.serving.problems import ProblemError
from plait.serving.recommend_query import asked, parameters
from plait.serving.request_body import read, validate
from plait.serving.service import Answer, Call


class Desk(Protocol):
    """What the routes need: answers, places for events, links, and whether all is ready."""

    async def answer(self, call: Call) -> Answer:
        """Answers one call."""
        ...

    async def take(self, batch: Batch) -> EventsResponse:
        """Keeps the events of one call."""
        ...

    async def link(self, message: LinkRequest) -> LinkResponse:
        """Joins two accounts."""
        ...

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        """Parts two accounts."""
        ...

    def not_ready(self) -> str:
        """Returns why there are no answers yet, or ''."""
        ...

    def live_state(self) -> str:
        """Returns how live state is: ok, loading or down."""
        ...


class _Envelope(Strict):
    events: list[Any] = Field(min_length=1, max_length=MAX_EVENTS)


def build(desk: Callable[[], Desk], keys: ApiKeys | None = None) -> FastAPI:
    """Returns the app.

    Args:
        desk: called once a request.
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
    problems.install(app)
    app.add_middleware(Methods, routes=app.routes)
    app.add_middleware(Address)
    app.add_middleware(Access, keys=keys)  # added last, asked first

    @app.post("/v1/recommend", **described(RecommendRequest, RecommendResponse))
    async def recommend(request: Request) -> Response:
        """The k best items for a user, right after everything they have done."""
        began = time.perf_counter()
        return await _answer(desk(), await read(request, _asking(RecommendRequest)), began)

    @app.get(
        "/v1/recommend/{platform}/{account:path}",
        **described(None, RecommendResponse, parameters()),
    )
    async def recommend_to(request: Request, platform: str, account: str) -> Response:
        """The same for a line of curl: `?k=`, any number of `&platforms=` and `&exclude=`."""
        began = time.perf_counter()
        return await _answer(desk(), _asking(RecommendRequest)(asked(request.scope)), began)

    @app.post("/v1/rank", **described(RankRequest, RecommendResponse))
    async def rank(request: Request) -> Response:
        """The caller's items, best first for a user; unknown ones last and without a score."""
        began = time.perf_counter()
        return await _answer(desk(), await read(request, _asking(RankRequest)), began)

    @app.post("/v1/events", **described(EventsRequest, EventsResponse))
    async def events(request: Request) -> Response:
        """Takes what people did; each event is judged by itself."""
        began = time.perf_counter()
        batch = await read(request, lambda body: sift(validate(body, _Envelope).events))
        taken = await desk().take(batch)
        taken.took_ms = _since(began)
        return _json(taken.model_dump())

    @app.post("/v1/identities:link", **described(LinkRequest, LinkResponse))
    async def link(request: Request) -> Response:
        """Joins two accounts to one person, from the next answer on."""
        message = await read(request, lambda body: validate(body, LinkRequest))
        joined = await desk().link(message)
        return _json(joined.model_dump())

    @app.post("/v1/identities:unlink", **described(UnlinkRequest, UnlinkResponse))
    async def unlink(request: Request) -> Response:
        """Parts two accounts; `effective` says from when on."""
        message = await read(request, lambda body: validate(body, UnlinkRequest))
        parted = await desk().unlink(message)
        return _json(parted.model_dump())

    @app.get("/health/live", **probe())
    async def live() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "live"}

    @app.get("/health/ready", **probe(503))
    async def ready() -> dict[str, str]:
        """Whether a model is loaded and warm; `live_state` says what answers lack meanwhile."""
        if reason := desk().not_ready():
            raise ProblemError(503, f"Not ready: {reason}", headers={"Retry-After": "1"})
        return {"status": "ready", "live_state": desk().live_state()}

    describe(app, keys.asked)
    return app


def _asking(model: type[RecommendRequest] | type[RankRequest]) -> Callable[[Any], Call]:
    """Returns what makes a call of a body."""

    def understand(body: Any) -> Call:
        message = validate(body, model)
        return Call(message, inline(message.events, message.user) if message.events else Batch())

    return understand


async def _answer(desk: Desk, call: Call, began: float) -> Response:
    message = call.message
    answer = await desk.answer(call)
    took = _since(began)
    if answer.events is not None:
        answer.events.took_ms = took
    return _json(
        {
            "recommendation_id": f"r_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}",
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


def _json(body: dict[str, Any]) -> Response:
    return Response(to_json(body, inf_nan_mode="null"), media_type="application/json")


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1e3, 2)
