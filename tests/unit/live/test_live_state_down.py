"""Every call says that live state is down, and writes and reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plait.errors import LiveStateDown
from plait.live import LiveState
from plait.store import Store
from tests.live_people import T0, ends, events, publish_people, who
from tests.unit.live.conftest import LiveServer

CALLS: dict[str, Callable[[LiveState, Store], Any]] = {
    "durability_fault": lambda state, _: state.durability_fault(),
    "read_people": lambda state, _: state.read_people(who(1)),
    "append_events": lambda state, _: state.append_events(events(("x", 1, 1))),
    "link": lambda state, _: state.link(*ends(1, 2), T0),
    "unlink": lambda state, _: state.unlink(*ends(1, 2), T0),
    "preview_link": lambda state, _: state.preview_link(*ends(1, 2)),
    "preview_unlink": lambda state, _: state.preview_unlink(*ends(1, 2)),
    "set_consent": lambda state, _: state.set_consent(*ends(1), {"link": False}, T0, "a", "b"),
    "erase": lambda state, _: state.erase(who(9)[0], "x", T0),
    "finish_erasures": lambda state, _: state.finish_erasures(),
    "base_status": lambda state, _: state.base_status(),
    "load_base": lambda state, store: state.load_base(store, store.current()),
    "acquire_drain_lease": lambda state, _: state.acquire_drain_lease("one"),
    "read_stream": lambda state, _: state.read_stream("events", 1),
    "acknowledge": lambda state, _: state.acknowledge("events", ["1-0"]),
    "stream_length": lambda state, _: state.stream_length("events"),
}


def test_every_call_says_that_live_state_is_down(live: LiveServer, store: Store) -> None:
    assert set(CALLS) == {name for name in vars(LiveState) if not name.startswith("_")} - {
        "length",
        "down_reason",
    }
    publish_people(store, {1: [1]})
    up = live.connect(50)
    assert up.down_reason == ""
    for call in CALLS.values():
        call(up, store)
    assert up.durability_fault() is None
    live.stop()
    down = live.connect(50)
    for call in CALLS.values():
        with pytest.raises(LiveStateDown, match="live state does not answer"):
            call(down, store)
    assert down.down_reason
