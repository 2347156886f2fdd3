"""The base of live state over a real Valkey: several loaders at once, some slow, paused or dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from plait.config import load_config
from plait.errors import LiveStateDown
from plait.live import PersonLookup
from plait.live.base_content import base_name
from plait.live.valkey import base_loading, load_lock
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.load_lock import BaseLoadLock
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.serving.replica import connect
from plait.store import Store, StoreVersion
from tests.live_sequences import live_sequences

pytestmark = pytest.mark.slow


class SlowStore(Store):
    """A store whose sequences are there only after `wait` returns."""

    def __init__(self, root: str | Path, wait: Callable[[], object]) -> None:
        super().__init__(root)
        self.wait = wait

    def read(self, table: str, version: StoreVersion | None = None) -> pl.DataFrame:
        if table == "sequences":
            self.wait()
        return super().read(table, version)


class Loader(threading.Thread):
    """A replica that loads the newest version once."""

    def __init__(self, file: Path, address: str, wait: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        project = load_config(file)
        self.state = connect(project, address)
        self.store = SlowStore(project.store_uri, wait)
        self.loaded: bool | None = None

    def run(self) -> None:
        self.loaded = self.state.load_base(self.store, self.store.current())


@pytest.fixture
def store(own_file: Path) -> Store:
    return Store(load_config(own_file).store_path)


def assert_whole(state: ValkeyLiveState, store: Store) -> None:
    """Everybody's history is what was fused."""
    assert state.base_status().whole
    fused = store.read("sequences").sort("person")
    known = state.read_people([PersonLookup(person=p) for p in fused["person"]])
    assert live_sequences(known, state.length).equals(fused)
    held = store.read("accounts")
    asked = [PersonLookup(account=a, platform=p) for a, p in held["account", "platform"].rows()]
    assert [k.person for k in state.read_people(asked)] == held["person"].to_list()


def test_the_lock_is_renewed_however_long_a_loader_reads(
    own_file: Path,
    store: Store,
    state: ValkeyLiveState,
    valkey: EmbeddedValkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load_lock, "LOCK_MS", 1000)
    monkeypatch.setattr(base_loading, "LOCK_MS", 1000)
    reading, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reading.set()
        go_on.wait(20)

    slow = Loader(own_file, valkey.address, wait)
    slow.start()
    assert reading.wait(20)
    until = time.monotonic() + 3  # three times as long as an unrenewed lock lives
    while time.monotonic() < until:
        assert not state.load_base(store, store.current())
        time.sleep(0.05)
    go_on.set()
    slow.join()
    assert slow.loaded
    assert state.load_base(store, store.current())
    assert_whole(state, store)


@pytest.mark.parametrize("meets", ["a whole base", "another loader"])
def test_a_loader_that_was_paused_beyond_its_turn_writes_nothing_more(
    own_file: Path,
    store: Store,
    state: ValkeyLiveState,
    valkey: EmbeddedValkey,
    monkeypatch: pytest.MonkeyPatch,
    meets: str,
) -> None:
    # A process that is stopped renews nothing.
    monkeypatch.setattr(BaseLoadLock, "_renew", lambda _: None)
    monkeypatch.setattr(base_loading, "CHUNK_FIELDS", 7)
    paused, go_on = threading.Event(), threading.Event()
    pack = base_loading.pack_sequences
    writing, finish = threading.Event(), threading.Event()

    def halting(part: pl.DataFrame) -> object:
        name = threading.current_thread().name
        for n, (person, record) in enumerate(pack(part)):
            if name == "first" and n == 5:
                paused.set()
                go_on.wait(20)
                person = f"{person}-of-the-first"
            if name == "second" and n == 5:
                writing.set()
                finish.wait(20)
            yield person, record

    monkeypatch.setattr(base_loading, "pack_sequences", halting)
    first = Loader(own_file, valkey.address)
    first.name = "first"
    first.start()
    assert paused.wait(20)
    assert state.client.delete(state.keys[1] + ":loading")  # its time is over
    second = Loader(own_file, valkey.address)
    second.name = "second"
    second.start()
    assert writing.wait(20)
    if meets == "another loader":
        go_on.set()
        first.join()
        finish.set()
        second.join()
    else:
        finish.set()
        second.join()
        go_on.set()
        first.join()
    assert (first.loaded, second.loaded) == (False, True)
    assert_whole(state, store)
    held = state.client.hkeys(f"{state.prefix}b{base_name(store.current())}:s")
    assert not [key for key in held if key.endswith(b"first")]  # type: ignore[union-attr]


def test_what_a_killed_loader_left_is_cleared_when_its_turn_ends(
    store: Store, state: ValkeyLiveState
) -> None:
    name = base_name(store.current())
    lock = BaseLoadLock(state.client, [*state.keys, state.keys[1] + ":loading"])
    state.client.set(lock._keys[2], "dead", px=300)
    state.client.hset(f"{state.prefix}b{name}:s", "p_ghost", b"half")
    assert not state.load_base(store, store.current())
    until = time.monotonic() + 10
    while not state.load_base(store, store.current()):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert_whole(state, store)
    assert not state.client.hexists(f"{state.prefix}b{name}:s", "p_ghost")


@pytest.mark.parametrize("kind", "amots")
def test_a_base_that_lacks_anything_is_never_served(
    store: Store, state: ValkeyLiveState, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    key = f"{state.prefix}b{base_name(store.current())}:{kind}"
    switch = base_loading._activate_base

    def lose(*args: object) -> None:
        (field,) = state.client.hrandfield(key, 1)  # type: ignore[misc]
        state.client.hdel(key, field)
        switch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(base_loading, "_activate_base", lose)
    with pytest.raises(LiveStateDown, match=f"fields '{kind}'"):
        state.load_base(store, store.current())
    assert state.base_status().base == ""
    monkeypatch.setattr(base_loading, "_activate_base", switch)
    assert state.load_base(store, store.current())
    assert_whole(state, store)


@pytest.mark.parametrize("lost", ["everything", "the name", *"amotsn"])
def test_a_base_that_is_gone_is_loaded_again(
    store: Store, state: ValkeyLiveState, lost: str
) -> None:
    assert state.load_base(store, store.current())
    if lost == "everything":
        state.client.flushall()
    elif lost == "the name":
        state.client.delete(state.keys[1])
    else:
        state.client.delete(f"{state.prefix}b{state.base_status().base}:{lost}")
    assert not state.base_status().whole
    assert state.load_base(store, store.current())
    assert_whole(state, store)


def test_events_are_forgotten_though_the_loader_died_after_the_switch(
    store: Store, state: ValkeyLiveState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_loading, "watermark", lambda *_: "9-9")
    with monkeypatch.context() as dying:
        dying.setattr(base_loading, "_forget_known_events", lambda *_: None)
        assert state.load_base(store, store.current())
    recent = f"{state.prefix}e:a_1"
    state.client.zadd(recent, {"old\n9-9": 1, "new\n10-0": 2})
    state.client.sadd(f"{state.prefix}active", "a_1")
    assert state.load_base(store, store.current())
    assert state.client.zrange(recent, 0, -1) == [b"new\n10-0"]
    assert not state.base_status().events_to_forget


def test_what_another_loader_set_to_be_forgotten_meanwhile_is_not_lost(
    store: Store, state: ValkeyLiveState, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, recent = f"{state.prefix}forget", f"{state.prefix}e:a_1"
    state.client.set(place, "9-9")
    state.client.zadd(recent, {"old\n9-9": 1, "newer\n10-0": 2})
    state.client.sadd(f"{state.prefix}active", "a_1")
    looked = state.client.smembers

    def meanwhile(name: str) -> object:
        state.client.set(place, "10-0")
        return looked(name)

    with monkeypatch.context() as racing:
        racing.setattr(state.client, "smembers", meanwhile)
        base_loading._forget_known_events(state.client, state.prefix)
    assert state.client.zrange(recent, 0, -1) == [b"newer\n10-0"]
    base_loading._forget_known_events(state.client, state.prefix)
    assert not state.client.exists(recent, place)


def test_a_base_of_another_packing_stands_beside_while_its_replicas_may_run(
    store: Store, state: ValkeyLiveState
) -> None:
    """Yesterday's replicas name theirs in `base` and pack with version 0."""
    client, prefix = state.client, state.prefix
    number = store.current().number

    def yesterday(version: int) -> set[bytes]:
        client.set(f"{prefix}base", f"{version}-0123abcd")
        client.hset(f"{prefix}b{version}-0123abcd:s", "p_1", b"packed as before")
        client.hset(f"{prefix}b{version}-0123abcd:a", "a_1", "p_1")
        return set(client.keys(f"{prefix}b{version}-0123abcd:*"))  # type: ignore[arg-type]

    old = yesterday(number)
    assert state.load_base(store, store.current())
    assert_whole(state, store)
    assert client.get(f"{prefix}base") == f"{number}-0123abcd".encode()
    assert old == set(client.keys(f"{prefix}b{number}-0123abcd:*"))  # type: ignore[arg-type]
    # They switch on, and drop what they had; ours stays.
    client.delete(*old)
    old = yesterday(number + 1)
    assert_whole(state, store)
    # Two versions later nobody reads it any more.
    for step in (1, 2, 3):
        store.publish(store.current().tables, {}, [])
        assert state.load_base(store, store.current())
        there = client.exists(f"{prefix}base", *old)
        assert there == (3 if step < 3 else 0)
    assert_whole(state, store)
    assert client.hkeys(f"{prefix}bases") == [base_name(store.current()).encode()]
