"""The app over a real service without a Valkey: answers are popular, events go to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from plait.contracts.http import (
    EventsResponse,
    LinkRequest,
    LinkResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.live import LiveState
from plait.live.feedback import FeedbackLog
from plait.privacy.pseudonym import load_key
from plait.recommend.recommender import Recommender
from plait.serving.apart import work_apart
from plait.serving.api import build
from plait.serving.current import Current
from plait.serving.intake import Batch
from plait.serving.service import Answer, Call, Service


class Desk:
    """The service without Ray: every call is a batch of one."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def answer(self, call: Call) -> Answer:
        return self._one(work_apart(self.service.answer, [call]))

    async def take(self, batch: Batch) -> EventsResponse:
        return self._one(work_apart(self.service.take, [batch]))

    async def link(self, message: LinkRequest) -> LinkResponse:
        return self.service.link(message)

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        return self.service.unlink(message)

    def not_ready(self) -> str:
        return ""

    def live_state(self) -> str:
        return "down"

    def _one(self, results: list[Any]) -> Any:
        (result,) = results
        if isinstance(result, Exception):
            raise result
        return result


@pytest.fixture(scope="session")
def service(small: Any) -> Service:
    """A service over `small`, whose Valkey is nowhere."""
    state = LiveState("redis://127.0.0.1:1", "test", small.project.sequence_length)
    current = Current(small.project, state)
    current.model = Recommender.load(small.project)
    key = load_key(small.project)
    return Service(small.project, key, state, FeedbackLog(small.store), current)


Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def ask(service: Service) -> Ask:
    """Returns what sends one request to the app: method, address, and httpx's arguments."""
    app = build(lambda: Desk(service))

    def send(method: str, address: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            # Faults come back as the answers they are, not as exceptions.
            way = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=way, base_url="http://plait") as client:
                return await client.request(method, address, **more)

        return asyncio.run(run())

    return send
