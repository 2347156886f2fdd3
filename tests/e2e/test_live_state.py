"""What a real Valkey adds to the LiveState protocol: durability, a lock, a namespace."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from plait.config import load_config
from plait.errors import LiveStateDown
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.serving.replica import connect
from tests.live_people import account, events, items, who

pytestmark = pytest.mark.slow


def test_a_member_of_a_newer_plait_is_left_out(state: ValkeyLiveState) -> None:
    state.append_events(events(("a", 1, 1), ("b", 1, 2)))
    recent = f"{state.prefix}e:{account(1)}"
    (member, *_) = state.client.zrange(recent, 0, -1)  # type: ignore[misc]
    state.client.zadd(recent, {b"x\n" + member: 3})
    assert items(state, *who(1)) == [["shop:a", "shop:b"]]


def test_what_was_accepted_survives_kill_9(valkey: EmbeddedValkey, state: ValkeyLiveState) -> None:
    assert state.append_events(events(("a", 1, 1))) == [True]
    assert valkey.pid
    os.kill(valkey.pid, signal.SIGKILL)
    while valkey.pid:
        time.sleep(0.01)
    with pytest.raises(LiveStateDown):
        state.read_people(who(1))
    valkey.restart()
    until = time.monotonic() + 5
    while state.down_reason and time.monotonic() < until:  # a probe finds it
        time.sleep(0.02)
    assert items(state, *who(1)) == [["shop:a"]]


def test_a_second_server_over_one_folder_is_refused(valkey: EmbeddedValkey) -> None:
    with pytest.raises(LiveStateDown, match="another process serves"):
        EmbeddedValkey(valkey.folder).start()


def test_two_stores_share_a_valkey_without_meeting(valkey: EmbeddedValkey, own_file: Path) -> None:
    one = connect(load_config(own_file), valkey.address)
    other = ValkeyLiveState(valkey.address, "other", 50, timeout_s=2)
    one.append_events(events(("a", 1, 1)))
    assert items(other, *who(1)) == [[]]
