"""A Valkey that is stopped: answers go on without it, events go to the store, once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from plait.config import load_config
from plait.contracts.http_messages import RecommendRequest
from plait.fusion.fuse_logs import fuse
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.serving.ingestion import validate_events
from plait.serving.replica import TIMEOUT_VARIABLE, ReplicaParts, open_replica
from plait.serving.service import RecommendCall, RecommendResult
from plait.store import Store
from plait.world.build_world import build_world
from plait.world.write_world import write_world

pytestmark = pytest.mark.slow
HANGS_S = 4.0


@pytest.fixture(autouse=True)
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time an answer waits unless told otherwise."""
    monkeypatch.delenv(TIMEOUT_VARIABLE, raising=False)


@contextmanager
def stopped(valkey: EmbeddedValkey) -> Iterator[None]:
    assert valkey.pid
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(valkey.pid, signal.SIGCONT)


def ask(setup: ReplicaParts) -> RecommendResult:
    user = {"platform": "shop", "id": "u3"}
    message = RecommendRequest.model_validate({"user": user, "k": 3, "platforms": ["shop"]})
    (answer,) = setup.service.recommend([RecommendCall(message)])
    assert isinstance(answer, RecommendResult), answer
    return answer


def wait_for_state(setup: ReplicaParts, seconds: float) -> None:
    until = time.monotonic() + seconds
    while ask(setup).fallback == "state_unavailable":
        assert time.monotonic() < until, "live state does not come back"
        time.sleep(0.02)


def test_answers_do_not_wait_for_a_valkey_that_hangs(
    own_file: Path, valkey: EmbeddedValkey
) -> None:
    setup = open_replica(own_file, valkey.address)
    setup.current.refresh()
    ask(setup)
    healthy: list[float] = []
    for _ in range(20):
        began = time.monotonic()
        ask(setup)
        healthy.append(time.monotonic() - began)
    usual = float(np.quantile(healthy, 0.9))  # a busy machine is slow without any fault
    took: dict[str, list[float]] = {"answer": [], "take": []}
    wrong: list[object] = []
    end = threading.Event()

    def run(name: str) -> None:
        # As a replica does: one thread answers, one takes events.
        number = 0
        while not end.wait(0.02):
            number += 1
            began = time.monotonic()
            if name == "answer":
                if ask(setup).fallback != "state_unavailable" and len(took[name]) > 1:
                    wrong.append("an answer from a state that hangs")
            else:
                event = {"type": "view", "item_id": f"shop:h{number}",
                         "user": {"platform": "shop", "id": "u3"}}  # fmt: skip
                (taken,) = setup.service.ingest([validate_events([event])])
                if isinstance(taken, Exception) or taken.accepted != 1:
                    wrong.append(taken)
            took[name].append(time.monotonic() - began)

    threads = [threading.Thread(target=run, args=(name,)) for name in took]
    with stopped(valkey):
        for thread in threads:
            thread.start()
        time.sleep(HANGS_S)
        end.set()
        for thread in threads:
            thread.join()
    assert not wrong
    for name, seconds in took.items():
        assert len(seconds) > HANGS_S / (0.1 + 3 * usual), name
        # One waited: it was there when it began.
        assert np.quantile(seconds, 0.9) < 0.15 + 3 * usual, name
        assert np.quantile(seconds, 0.99, method="lower") < 1 + 3 * usual, name
    wait_for_state(setup, 4)


def test_an_append_that_is_not_answered_is_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, "2000")  # a slow start of this machine is no hang
    file = write_world(build_world(40, 3, end=datetime(2026, 11, 1, tzinfo=UTC)), tmp_path / "w")
    project = load_config(file)
    before = fuse(project)
    store = Store(project.store_path)
    user = {"platform": "shop", "id": "brand-new"}
    sent = [{"user": user, "type": "view", "item_id": f"shop:n{n}"} for n in range(20)]
    with EmbeddedValkey(tmp_path / "live") as valkey:
        setup = open_replica(file, valkey.address)
        assert setup.service.ingest([validate_events(sent[:1])])[0].accepted == 1
        with stopped(valkey):
            # Events without an id: Valkey has read them, and the feedback log has them too.
            assert setup.service.ingest([validate_events(sent[1:])])[0].accepted == 19
        drained, until = 0, time.monotonic() + 20
        while drained < 20:
            assert time.monotonic() < until, "Valkey did not take what it was sent before it hung"
            drained += setup.drainer("t").drain(takeover=True)
            time.sleep(0.05)
    after = fuse(project)
    assert store.read("events", after).height == store.read("events", before).height + 20
