"""The only Ray Serve deployment: HTTP, batching, and the worker threads."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import FastAPI
from ray import serve

from plait.contracts.http_messages import (
    Account,
    ConsentRequest,
    ConsentResponse,
    EventsResponse,
    LinkRequest,
    LinkResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.errors import StoreError
from plait.serving.fault_isolation import run_isolated_in, unwrap_result
from plait.serving.ingestion import EventBatch
from plait.serving.json_logs import attach_log_handler
from plait.serving.problems import ProblemError
from plait.serving.ray_environment import bind_replica_to_loopback
from plait.serving.replica import ReplicaParts, open_replica

if TYPE_CHECKING:
    from plait.serving.privacy_service import PrivacyService
    from plait.serving.service import RecommendCall, RecommendResult

Result = TypeVar("Result")
log = logging.getLogger("plait.serving")
MAX_BATCH_SIZE = 64
POLL_S, DRAIN_S = 1.0, 1.0
IMPRESSIONS_END_S = 3.0  # share of the replica's shutdown time


@serve.ingress()
class EndpointReplica:
    """A replica: a model and a connection to live state; serves its share of the requests."""

    def __init__(self, config: str, live_state: str | None) -> None:
        attach_log_handler()
        bind_replica_to_loopback()
        self._setup: ReplicaParts = _set_up_when_reachable(Path(config), live_state)
        self._current, self._service = self._setup.current, self._setup.service
        # One thread scores, one stores events, so that neither waits for the other.
        self._scoring = ThreadPoolExecutor(1, "score")
        self._ingesting = ThreadPoolExecutor(1, "take")
        self._privacy = ThreadPoolExecutor(1, "privacy")
        self._stop = threading.Event()
        self._refresh()
        for job in (self._follow, self._drain):
            threading.Thread(target=job, name=job.__name__, daemon=True).start()
        self._impressions = threading.Thread(target=self._write_impressions, daemon=True)
        self._impressions.start()

    def __del__(self) -> None:
        """Stops the threads. Ray Serve calls this when the replica shuts down, and waits for it."""
        if hasattr(self, "_impressions"):  # else __init__ failed
            self._stop.set()
            self._impressions.join(IMPRESSIONS_END_S)

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Returns the app that Ray Serve exposes over HTTP."""
        from plait.serving.api_keys import ApiKeys
        from plait.serving.routes import build_app

        return build_app(lambda: self, ApiKeys.from_environment(os.environ))

    def unready_reason(self) -> str:
        """Returns why the endpoint is not ready, or ''."""
        if self._current.durability_refusal:
            return self._current.durability_refusal
        if self._current.model is not None and not self._current.base_seen:
            return self._current.reason or "the base of live state is being loaded"
        return "" if self._current.model is not None else self._current.reason

    def live_state(self) -> str:
        """Returns the condition of live state: ok, loading (its base is missing), lossy or down."""
        if self._current.state_down or self._service.is_down:
            return "down"
        if self._current.base_missing:
            return "loading"
        return "lossy" if self._current.durability_fault else "ok"

    async def recommend(self, call: RecommendCall) -> RecommendResult:
        """Returns the result of one call. Calls that wait at the same time share a batch."""
        answer: RecommendResult = unwrap_result(await self._recommend_batch(call))
        return answer

    async def ingest(self, batch: EventBatch) -> EventsResponse:
        """Stores the events of one call. Calls that wait at the same time share a batch."""
        taken: EventsResponse = unwrap_result(await self._ingest_batch(batch))
        return taken

    async def link(self, message: LinkRequest) -> LinkResponse:
        """Links two accounts."""
        joined: LinkResponse = await _in(
            self._ingesting, partial(self._service.accounts.link, message)
        )
        return joined

    async def consent(self, account: Account, message: ConsentRequest) -> ConsentResponse:
        """Keeps what an account says about its consent."""
        said: ConsentResponse = await _in(
            self._ingesting, partial(self._service.accounts.consent, account, message)
        )
        return said

    async def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        """Unlinks two accounts."""
        parted: UnlinkResponse = await _in(
            self._ingesting, partial(self._service.accounts.unlink, message)
        )
        return parted

    async def privacy(self, work: Callable[[PrivacyService], Result]) -> Result:
        """Returns what `work` returns; it runs off the event loop."""
        if self._setup.privacy is None:
            raise ProblemError(503, "This replica has no access to the store.")
        result: Result = await _in(self._privacy, partial(work, self._setup.privacy))
        return result

    @serve.batch(max_batch_size=MAX_BATCH_SIZE, batch_wait_timeout_s=0.0)
    async def _recommend_batch(self, calls: list[RecommendCall]) -> Any:
        return await run_isolated_in(self._scoring, self._service.recommend, calls)

    @serve.batch(max_batch_size=MAX_BATCH_SIZE, batch_wait_timeout_s=0.0)
    async def _ingest_batch(self, batches: list[EventBatch]) -> Any:
        return await run_isolated_in(self._ingesting, self._service.ingest, batches)

    def _follow(self) -> None:
        while not self._stop.wait(POLL_S):
            self._refresh()

    def _refresh(self) -> None:
        said = self._current.reason
        try:
            self._current.refresh()
        except Exception as error:
            self._current.reason = str(error)
            if self._current.reason != said:
                log.warning("%s", error)

    def _write_impressions(self) -> None:
        if self._setup.impressions is not None:
            self._setup.impressions.run(self._stop, log.warning)

    def _drain(self) -> None:
        self._setup.drainer(secrets.token_hex(8)).run(self._stop, DRAIN_S, log.warning)


def _set_up_when_reachable(config: Path, live_state: str | None) -> ReplicaParts:
    """Returns the parts once the store is reachable.

    Ray Serve permanently fails a deployment whose replicas failed three times. A bucket that is
    created or permitted a minute after the endpoint started must not cause that.
    """
    said = ""
    while True:
        try:
            return open_replica(config, live_state)
        except StoreError as error:
            if str(error) != said:
                said = str(error)
                log.warning("%s Trying again.", error)
            time.sleep(POLL_S)


async def _in(pool: ThreadPoolExecutor, work: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def application(
    config: str,
    live_state: str | None = None,
    replicas: tuple[int, int] = (1, 1),
    cpus: float = 1.0,
) -> serve.Application:
    """Returns the application for `serve.run` and `serve run`.

    Args:
        config: the project file.
        live_state: address of Valkey; default: the project's, else an embedded one.
        replicas: minimum and maximum number of replicas.
        cpus: cores that Ray reserves per replica.
    """
    scale: dict[str, Any] = {"num_replicas": replicas[0]}
    if replicas[1] > replicas[0]:
        scale = {
            "autoscaling_config": {
                "min_replicas": replicas[0],
                "max_replicas": replicas[1],
                "target_ongoing_requests": 2 * MAX_BATCH_SIZE,
            }
        }
    deployment: Any = serve.deployment(
        EndpointReplica,
        name="plait",
        max_ongoing_requests=16 * MAX_BATCH_SIZE,
        ray_actor_options={"num_cpus": cpus},
        graceful_shutdown_timeout_s=5,
        graceful_shutdown_wait_loop_s=0.2,
        logging_config={"enable_access_log": False},
        **scale,
    )
    bound: serve.Application = deployment.bind(config, live_state)
    return bound
