"""Live states, in memory and in a real Valkey, behind the same fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from plait.live import LiveState
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from tests.memory_state import MemoryLiveState

_NUMBERS = count()
TIMEOUT_S = 2.0  # of a Valkey on a busy machine


@dataclass
class LiveServer:
    """Where live state is: how clients connect to it, keeping `length` events, and how it stops."""

    connect: Callable[[int], LiveState]
    stop: Callable[[], None]


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A running Valkey that tests share, each in a namespace of its own."""
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(params=["memory", pytest.param("valkey", marks=pytest.mark.slow)])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> LiveServer:
    """An empty live state of either kind."""
    if request.param == "memory":
        memory = MemoryLiveState(50)

        def same(length: int) -> MemoryLiveState:
            memory.length = length
            return memory

        return LiveServer(same, lambda: setattr(memory, "down_reason", "it was stopped"))
    server: EmbeddedValkey = request.getfixturevalue("shared_valkey")
    namespace = f"test{next(_NUMBERS)}"

    def stop() -> None:
        server.stop()
        request.addfinalizer(server.start)

    return LiveServer(lambda n: ValkeyLiveState(server.address, namespace, n, TIMEOUT_S), stop)


@pytest.fixture
def state(live: LiveServer) -> LiveState:
    """A client of `live` that keeps 50 events."""
    return live.connect(50)


@pytest.fixture
def valkey_state(shared_valkey: EmbeddedValkey) -> ValkeyLiveState:
    """An empty live state in a real Valkey; whoever asks for it is a slow test."""
    return ValkeyLiveState(shared_valkey.address, f"test{next(_NUMBERS)}", 50, TIMEOUT_S)
