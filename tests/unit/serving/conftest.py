"""The app over a real service without a Valkey: answers are popular, events go to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.privacy.pseudonym import load_key
from plait.recommend.recommender import Recommender
from plait.serving.current_model import CurrentModel
from plait.serving.replica import ReplicaParts
from plait.serving.routes import build_app
from plait.serving.service import EndpointService
from plait.store.feedback.feedback_log import FeedbackLog
from tests.local_handler import LocalHandler


@pytest.fixture(scope="session")
def setup(small: Any) -> ReplicaParts:
    """What a replica works with over `small`, whose Valkey is nowhere."""
    address = "redis://127.0.0.1:1"
    state = ValkeyLiveState(address, "test", small.project.sequence_length)
    current = CurrentModel(small.project, state)
    current.model, current.state_down = Recommender.load(small.project), True
    key, feedback = load_key(small.project), FeedbackLog(small.store)
    service = EndpointService(small.project, key, state, feedback, current)
    return ReplicaParts(small.project, address, current, service, feedback, None)


@pytest.fixture(scope="session")
def service(setup: ReplicaParts) -> EndpointService:
    """Its service."""
    return setup.service


Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def ask(setup: ReplicaParts) -> Ask:
    """Returns what sends one request to the app: method, address, and httpx's arguments."""
    app = build_app(lambda: LocalHandler(setup))

    def send(method: str, address: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            # Faults come back as the answers they are, not as exceptions.
            way = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=way, base_url="http://plait") as client:
                return await client.request(method, address, **more)

        return asyncio.run(run())

    return send
