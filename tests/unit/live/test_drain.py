"""The drainer's thread: what it says while live state is down."""

from __future__ import annotations

import threading
from pathlib import Path

from plait.live.drain import Drainer
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog


def test_what_goes_wrong_is_told_once_however_long_it_lasts(tmp_path: Path) -> None:
    state = ValkeyLiveState(f"unix://{tmp_path / 'none.sock'}", "n", 10)
    drainer = Drainer(state, FeedbackLog(Store(tmp_path / "store")), "me")
    turns, told, stop = 0, [], threading.Event()
    drain = drainer.drain

    def counted() -> int:
        nonlocal turns
        turns += 1
        if turns == 10:
            stop.set()
        return drain()

    drainer.drain = counted  # type: ignore[method-assign]
    drainer.run(stop, 0.001, told.append)
    assert turns == 10
    assert len(told) == 1
    assert told[0].startswith("the feedback log waits: LiveStateDown: live state does not answer")
