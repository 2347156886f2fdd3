"""The service without Ray, spoken to as the app is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from plait.contracts.http_messages import (
    EventsResponse,
    LinkRequest,
    LinkResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.serving.api_keys import ApiKeys
from plait.serving.fault_isolation import run_isolated
from plait.serving.ingestion import EventBatch
from plait.serving.privacy_service import PrivacyService
from plait.serving.replica import ReplicaParts
from plait.serving.routes import build_app
from plait.serving.service import RecommendCall, RecommendResult


class LocalHandler:
    """The service without Ray: every call is a batch of one."""

    def __init__(self, setup: ReplicaParts) -> None:
        self.setup = setup

    async def recommend(self, call: RecommendCall) -> RecommendResult:
        return self._one(run_isolated(self.setup.service.recommend, [call]))

    async def ingest(self, batch: EventBatch) -> EventsResponse:
        return self._one(run_isolated(self.setup.service.ingest, [batch]))

    async def link(self, message: LinkRequest) -> LinkResponse:
        return self.setup.service.accounts.link(message)

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        return self.setup.service.accounts.unlink(message)

    async def privacy(self, work: Callable[[PrivacyService], Any]) -> Any:
        assert self.setup.privacy is not None
        return work(self.setup.privacy)

    def unready_reason(self) -> str:
        return "" if self.setup.current.model else self.setup.current.reason

    def live_state(self) -> str:
        if self.setup.current.state_down:
            return "down"
        return "loading" if self.setup.current.base_missing else "ok"

    def _one(self, results: list[Any]) -> Any:
        (result,) = results
        if isinstance(result, Exception):
            raise result
        return result


def talk(
    handler: LocalHandler, work: Callable[[httpx.AsyncClient], Awaitable[Any]], key: str = ""
) -> Any:
    async def run() -> Any:
        app = httpx.ASGITransport(build_app(lambda: handler, ApiKeys(key)))
        async with httpx.AsyncClient(transport=app, base_url="http://plait") as client:
            return await work(client)

    return asyncio.run(run())


def post(handler: LocalHandler, path: str, body: Any) -> httpx.Response:
    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(path, json=body)

    reply: httpx.Response = talk(handler, work)
    return reply
