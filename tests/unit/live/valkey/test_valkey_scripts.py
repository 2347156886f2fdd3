"""What the scripts leave in a real Valkey, beyond what the protocol says."""

from __future__ import annotations

import json

import pytest

from plait.live.base_content import base_name
from plait.live.stream_entries import encode_link
from plait.live.valkey import base_scripts, read_scripts
from plait.live.valkey import valkey_state as valkey_module
from plait.live.valkey.feedback_streams import LEASE_MS
from plait.live.valkey.link_scripts import LINK_FUNCTIONS
from plait.live.valkey.state_scripts import PRELUDE
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.store import Store
from tests.live_people import T0, account, ends, events, items, person, publish_people, who

pytestmark = pytest.mark.slow


def keys(state: ValkeyLiveState, pattern: str = "*") -> set[str]:
    found = state.client.keys(state.prefix + pattern)
    return {key.decode().removeprefix(state.prefix) for key in found}  # type: ignore[union-attr]


def test_an_event_writes_these_keys_and_no_other(valkey_state: ValkeyLiveState) -> None:
    valkey_state.append_events(events(("a", 1, 1)))
    assert keys(valkey_state) == {"active", "events", f"e:{account(1)}", "x:shop:a"}
    seconds = valkey_state.client.ttl(f"{valkey_state.prefix}x:shop:a")
    assert 0 < seconds <= valkey_module.EVENT_ID_TTL_S  # type: ignore[operator]
    assert valkey_state.client.smembers(f"{valkey_state.prefix}active") == {account(1).encode()}


def test_items_that_were_pushed_out_are_bounded(
    valkey_state: ValkeyLiveState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey_module, "MAX_SEEN_ITEMS", 2)
    valkey_state.length = 1
    valkey_state.append_events(events(*((f"p{n}", 1, n) for n in range(6))))
    had = valkey_state.client.hkeys(f"{valkey_state.prefix}h:{account(1)}")
    assert set(had) == {b"shop:p0", b"shop:p1"}  # type: ignore[arg-type]
    assert items(valkey_state, *who(1)) == [["shop:p5"]]


def test_what_is_forgotten_leaves_no_key(valkey_state: ValkeyLiveState) -> None:
    valkey_state.length = 1
    valkey_state.append_events(events(("a", 1, 1), ("b", 1, 2), ("other", 2, 0)))
    entries = valkey_state.client.xrange(f"{valkey_state.prefix}events")
    ms, number = entries[0][0].decode().split("-")  # type: ignore[index,union-attr]
    forget = valkey_state.client.register_script(base_scripts.FORGET_EVENTS)
    forget(keys=[valkey_state.prefix], args=[0, 0, account(1)])
    assert {f"e:{account(1)}", f"h:{account(1)}"} <= keys(valkey_state)
    forget(keys=[valkey_state.prefix], args=[ms, number, account(1)])
    assert f"h:{account(1)}" not in keys(valkey_state)  # the pushed one came first
    assert items(valkey_state, *who(1)) == [["shop:b"]]
    forget(keys=[valkey_state.prefix], args=[int(ms) + 60_000, 0, account(1)])
    assert keys(valkey_state, "[eh]:*") == {f"e:{account(2)}"}
    assert valkey_state.client.smembers(f"{valkey_state.prefix}active") == {account(2).encode()}


def test_a_link_that_is_undone_leaves_no_trace_but_its_words(
    valkey_state: ValkeyLiveState,
) -> None:
    one, two, three = ends(1, 2, 3)
    valkey_state.link(one, two, T0)
    valkey_state.link(two, three, T0)
    assert {"r", "roots", f"g:{person(1)}"} <= keys(valkey_state)
    valkey_state.unlink(two, three, T0)
    valkey_state.unlink(one, two, T0)
    assert keys(valkey_state) == {"links", "linked", "tied"}
    assert valkey_state.stream_length("links") == 4


def test_a_link_that_an_older_plait_said_in_the_stream_alone_is_taken_up(
    valkey_state: ValkeyLiveState, store: Store
) -> None:
    """It ties nothing; the next word, or the next base, reads the stream."""
    one, two = ends(1, 2)
    older = valkey_state.client.register_script(
        PRELUDE + LINK_FUNCTIONS + "link(ARGV[1], ARGV[2])"
        " redis.call('XADD', ns .. 'links', '*', 'l', ARGV[3])"
    )
    args = ["\t".join(one), "\t".join(two), encode_link(one, two, T0)]
    older(keys=valkey_state.keys, args=args)
    assert valkey_state.read_people(who(2))[0].person == person(1)
    publish_people(store, {7: [7]})
    assert valkey_state.load_base(store, store.current())
    assert valkey_state.read_people(who(2))[0].person == person(1)
    assert valkey_state.unlink(one, two, T0) == ([person(1), person(2)], "now")


def test_a_base_replaces_the_one_before_key_by_key(
    valkey_state: ValkeyLiveState, store: Store
) -> None:
    publish_people(store, {1: [1, 2]}, length=1, retired={9: 1})
    assert valkey_state.load_base(store, store.current())
    first = base_name(store.current())
    assert keys(valkey_state, "b[0-9]*") == {f"b{first}:{kind}" for kind in "amotshn"}
    assert valkey_state.client.get(valkey_state.keys[1]) == first.encode()
    publish_people(store, {1: [1]}, retired={9: 1})
    assert valkey_state.load_base(store, store.current())
    second = base_name(store.current())
    assert keys(valkey_state, "b[0-9]*") == {f"b{second}:{kind}" for kind in "amotsn"}
    assert valkey_state.client.hkeys(f"{valkey_state.prefix}bases") == [second.encode()]
    assert not valkey_state.client.exists(valkey_state.keys[1] + ":loading")


def test_without_its_token_nothing_is_written(valkey_state: ValkeyLiveState) -> None:
    client, lock = valkey_state.client, valkey_state.keys[1] + ":loading"
    client.set(lock, "mine")
    scripts = {
        base_scripts.WRITE_FIELDS: [1_000, "1-x", "a", "account", "person"],
        base_scripts.BEGIN_LOADING: ["1-x"],
        base_scripts.ACTIVATE_BASE: ["1-x", 1, "", "", "a", 0],
        base_scripts.RENEW_LOCK: [1_000],
        base_scripts.RELEASE_LOCK: [],
    }
    for script, args in scripts.items():
        run = client.register_script(script)
        assert run(keys=[*valkey_state.keys, lock], args=["another", *args]) == 0
    assert keys(valkey_state) == {lock.removeprefix(valkey_state.prefix)}
    write = client.register_script(base_scripts.WRITE_FIELDS)
    write(keys=[*valkey_state.keys, lock], args=["mine", 1_000, "1-x", "a", "account", "person"])
    assert client.hgetall(f"{valkey_state.prefix}b1-x:a") == {b"account": b"person"}
    assert 0 < client.pttl(lock) <= 1_000  # type: ignore[operator]


def test_a_drain_lease_ends_by_itself(valkey_state: ValkeyLiveState) -> None:
    lease = f"{valkey_state.prefix}drainer"
    assert valkey_state.acquire_drain_lease("one")
    assert 0 < valkey_state.client.pttl(lease) <= LEASE_MS  # type: ignore[operator]
    valkey_state.client.pexpire(lease, 1_000)
    assert valkey_state.acquire_drain_lease("one")  # extends it
    assert valkey_state.client.pttl(lease) > 1_000  # type: ignore[operator]
    valkey_state.client.pexpire(lease, 0)
    assert valkey_state.acquire_drain_lease("two")


def test_a_stream_entry_is_read_whatever_fields_a_newer_plait_adds(
    valkey_state: ValkeyLiveState,
) -> None:
    valkey_state.append_events(events(("a", 1, 1)))
    ((_, fields),) = valkey_state.client.xrange(f"{valkey_state.prefix}events")  # type: ignore[misc]
    assert list(fields) == [b"e"]
    text = json.dumps({**json.loads(fields[b"e"]), "mood": "calm"})
    valkey_state.client.xadd(f"{valkey_state.prefix}events", {"e": text, "more": "x"})
    assert [entry.text for entry in valkey_state.read_stream("events", 9)][1] == text


def test_scripts_are_sent_once_and_found_by_their_digest(valkey_state: ValkeyLiveState) -> None:
    valkey_state.read_people(who(1))
    valkey_state.client.script_flush()  # as a Valkey that was started anew
    assert items(valkey_state, *who(1)) == [[]]
    digest = valkey_state.client.register_script(read_scripts.READ_PEOPLE).sha
    assert valkey_state.client.script_exists(digest) == [True]
