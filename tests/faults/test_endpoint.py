"""The endpoint's parts are killed and stopped while events flow; not one that got a 2xx is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import polars as pl
import pytest

from plait.config import load_config
from plait.fusion.fuse_logs import fuse
from plait.store import Store
from tests.events import event_ids

from .book import Book
from .check import assert_balanced
from .endpoint import Clients, Endpoint
from .logs import write_project


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A fused and trained project, served."""
    file = write_project(tmp_path_factory.mktemp("served") / "project")
    for verb in (["fuse"], ["train", "--epochs", "1"]):
        subprocess.run(
            [sys.executable, "-m", "plait.cli.main", *verb, "-c", file, "-q"], check=True
        )
    served = Endpoint(file)
    served.start()
    yield served
    if served.process and served.process.poll() is None:
        served.process.kill()


def test_every_event_that_got_a_2xx_is_in_the_next_fuse_once(
    endpoint: Endpoint, book: Book
) -> None:
    with Clients(endpoint.url) as clients:
        for _ in range(3):
            clients.wait_for_more()
            os.kill(endpoint.pid("ServeReplica"), signal.SIGKILL)  # and its drainer with it
            endpoint.wait_until_ready()
            book.injected("endpoint", "SIGKILL of the replica and its drainer")
        for _ in range(3):
            clients.wait_for_more()
            os.kill(endpoint.pid("valkey"), signal.SIGKILL)
            book.injected("endpoint", "SIGKILL of Valkey")
        for _ in range(2):
            endpoint.wait_for_state("u1")
            clients.wait_for_more()
            valkey = endpoint.pid("valkey")
            os.kill(valkey, signal.SIGSTOP)
            try:
                assert endpoint.ask("u1")["fallback"] == "state_unavailable"
                clients.wait_for_more()  # the store takes them
                assert endpoint.ask("u1")["fallback"] == "state_unavailable"
            finally:
                os.kill(valkey, signal.SIGCONT)
            book.injected("endpoint", "Valkey hangs")
        endpoint.wait_for_state("u1")
        clients.wait_for_more()
        assert endpoint.process
        endpoint.process.kill()
        endpoint.process.wait()
        book.injected("endpoint", "SIGKILL of plait serve itself")
        endpoint.start()
        clients.wait_for_more()
    endpoint.stop()
    assert not clients.wrong
    assert len(clients.accepted) > 100
    assert clients.retries, "no client ever noticed a fault"
    version = fuse(endpoint.file)
    assert_balanced(version)
    project = load_config(endpoint.file)
    store = Store(project.store_uri)
    # Near duplicates are kept in a table of their own.
    tables = [store.scan(name, version).select("event_id") for name in ("events", "removed_events")]
    events = pl.concat(tables)
    sent = pl.LazyFrame({"event_id": event_ids(project, clients.accepted, "shop")})
    found = sent.join(events, on="event_id").group_by("event_id").len().collect()
    once = found.filter(pl.col("len") == 1).height
    book.accepted += len(clients.accepted)
    book.once += once
    assert once == len(clients.accepted)
