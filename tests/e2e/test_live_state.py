"""Live state over a real Valkey: order, repeats, links, durability, the feedback log."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from plait.config import load_config
from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import LiveStateDown, TooManyAccounts
from plait.live import PersonLookup
from plait.live.drain import Drainer
from plait.live.live_history import live_sequences
from plait.live.stream_entries import FEEDBACK_EVENTS
from plait.live.valkey import base_scripts
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.feedback_streams import CONSUMER, CONSUMER_GROUP
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.serving.replica import connect
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog

pytestmark = pytest.mark.slow
T0 = datetime(2025, 1, 1, tzinfo=UTC)


def account(n: int) -> str:
    return f"a_0000_{n:032x}"


def person(n: int) -> str:
    return f"p_{n:032x}"


def events(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Rows of (event id, account, seconds after T0), each on an item of its own."""
    frame = pl.DataFrame(
        [
            {
                "event_id": f"shop:{name}",
                "platform": "shop",
                "account": account(who),
                "type": "view",
                "object_kind": "item",
                "object_id": f"shop:{name}",
                "time": T0 + timedelta(seconds=at),
                "time_resolution": "us",
                "strength": 0.3,
            }
            for name, who, at in rows
        ]
    )
    return frame.select(
        pl.col(n).cast(k) if n in frame.columns else pl.lit(None, k).alias(n)
        for n, k in FEEDBACK_EVENTS.items()
    )


def items(state: ValkeyLiveState, *who: PersonLookup) -> list[list[str]]:
    return live_sequences(state.read_people(who), state.length)["item"].to_list()


def test_arrival_order_does_not_matter_and_repeats_count_once(state: ValkeyLiveState) -> None:
    assert state.append_events(events(("c", 1, 3), ("a", 1, 1), ("b", 1, 2))) == [True] * 3
    assert state.append_events(events(("a", 1, 1), ("d", 1, 4), ("d", 1, 4))) == [
        False,
        True,
        False,
    ]
    assert items(state, PersonLookup(account=account(1), platform="shop")) == [
        ["shop:a", "shop:b", "shop:c", "shop:d"]
    ]


def test_a_member_of_a_newer_plait_is_left_out(state: ValkeyLiveState) -> None:
    state.append_events(events(("a", 1, 1), ("b", 1, 2)))
    recent = f"{state.prefix}e:{account(1)}"
    (member, *_) = state.client.zrange(recent, 0, -1)  # type: ignore[misc]
    state.client.zadd(recent, {b"x\n" + member: 3})
    assert items(state, PersonLookup(account=account(1), platform="shop")) == [["shop:a", "shop:b"]]


def test_an_account_keeps_its_latest_events_not_the_last_to_arrive(valkey: EmbeddedValkey) -> None:
    short = ValkeyLiveState(valkey.address, "short", 2, timeout_s=2)
    short.append_events(events(("z", 1, 9), ("a", 1, 1), ("y", 1, 8), ("b", 1, 2)))
    assert items(short, PersonLookup(account=account(1), platform="shop")) == [["shop:y", "shop:z"]]


def test_base_and_recent_events_are_one_history(state: ValkeyLiveState, own_file: Path) -> None:
    store = Store(load_config(own_file).store_path)
    assert state.load_base(store, store.current())
    assert state.load_base(store, store.current())  # twice changes nothing
    fused = store.read("sequences").sort("person")
    asked = [PersonLookup(person=p) for p in fused["person"]]
    read = live_sequences(state.read_people(asked), state.length)
    assert read.equals(fused)
    # Asked by account, the person is the same.
    held = store.read("accounts").sort("person", "account")
    known = state.read_people(
        [PersonLookup(account=a, platform=p) for a, p in held["account", "platform"].rows()]
    )
    assert [k.person for k in known] == held["person"].to_list()
    # Something new joins at the end, and the person's total counts it.
    a = held["account"][0]
    new = events(("new", 1, 0)).with_columns(account=pl.lit(a))
    state.append_events(new)
    (after,) = live_sequences(
        state.read_people([PersonLookup(account=a, platform="shop")]), state.length
    ).rows(named=True)
    before = fused.row(by_predicate=pl.col("person") == held["person"][0], named=True)
    assert after["item"] == [*before["item"], "shop:new"][-state.length :]
    assert after["total"] == before["total"] + 1


def test_a_retired_id_resolves(state: ValkeyLiveState, own_file: Path) -> None:
    store = Store(load_config(own_file).store_path)
    state.load_base(store, store.current())
    heir = store.read("people").filter(pl.col("person") == "p_retired")["merged_into"][0]
    assert state.read_people([PersonLookup(person="p_retired")])[0].person == heir


def test_a_link_joins_histories_at_once_and_newcomers_are_named_alike(
    state: ValkeyLiveState,
) -> None:
    state.append_events(events(("a", 1, 1), ("b", 2, 2), ("c", 3, 3)))
    shop = [PersonLookup(account=account(n), platform="shop") for n in (1, 2, 3)]
    assert state.link((account(3), "shop"), (account(2), "shop"), T0) == (person(2), [person(3)])
    assert state.link((account(3), "shop"), (account(1), "shop"), T0) == (person(1), [person(2)])
    assert state.link((account(1), "shop"), (account(2), "shop"), T0) == (person(1), [])
    assert items(state, *shop) == [["shop:a", "shop:b", "shop:c"]] * 3
    assert {k.person for k in state.read_people([*shop, PersonLookup(person=person(3))])} == {
        person(1)
    }


def test_links_give_nobody_more_accounts_than_anyone_has(state: ValkeyLiveState) -> None:
    for n in range(2, MAX_ON_PLATFORM + 1):
        state.link((account(1), "shop"), (account(n), "shop"), T0)
    with pytest.raises(TooManyAccounts, match="over 5 accounts on 'shop'"):
        state.link((account(99), "shop"), (account(2), "shop"), T0)
    for n in range(100, 100 + MAX_LINKED - MAX_ON_PLATFORM):  # a chain over many platforms
        state.link((account(n - 1 if n > 100 else 1), f"p{n - 1}"), (account(n), f"p{n}"), T0)
    with pytest.raises(TooManyAccounts, match="over 50 accounts"):
        state.link((account(101), "p101"), (account(98), "other"), T0)
    # Nothing was joined by what was refused, and what is joined may be said again.
    alone = state.read_people([PersonLookup(account=account(n), platform="shop") for n in (98, 99)])
    assert [known.person for known in alone] == [person(98), person(99)]
    assert state.link((account(1), "shop"), (account(2), "shop"), T0)[1] == []


def test_what_was_accepted_survives_kill_9(valkey: EmbeddedValkey, state: ValkeyLiveState) -> None:
    assert state.append_events(events(("a", 1, 1))) == [True]
    assert valkey.pid
    os.kill(valkey.pid, signal.SIGKILL)
    while valkey.pid:
        time.sleep(0.01)
    with pytest.raises(LiveStateDown):
        state.read_people([PersonLookup(account=account(1), platform="shop")])
    valkey.restart()
    until = time.monotonic() + 5
    while state.down_reason and time.monotonic() < until:  # a probe finds it
        time.sleep(0.02)
    assert items(state, PersonLookup(account=account(1), platform="shop")) == [["shop:a"]]


def test_the_drainer_writes_every_event_once_whatever_happens(
    state: ValkeyLiveState, own_file: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    log = FeedbackLog(store)
    state.append_events(events(("a", 1, 1), ("b", 1, 2)))
    # A drainer dies after reading, and another after writing: neither acknowledged.
    stream = state.prefix + "events"
    state.client.xgroup_create(stream, CONSUMER_GROUP, id="0")
    state.client.xreadgroup(CONSUMER_GROUP, CONSUMER, {stream: ">"})
    drainer = Drainer(state, log, "one")

    class Died(Exception):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    with state.bulk_client() as client:
        acknowledge, client.pipeline = client.pipeline, die  # type: ignore[method-assign]
    with pytest.raises(Died):
        drainer.drain()
    client.pipeline = acknowledge  # type: ignore[method-assign]
    written = sorted((tmp_path / "store").glob("feedback/events/*.parquet"))
    assert len(written) == 1
    state.append_events(events(("c", 1, 3)))
    assert Drainer(state, log, "two").drain() == 0  # the first one's turn has not ended
    assert Drainer(state, log, "two").drain(takeover=True) == 3
    assert Drainer(state, log, "two").drain() == 0
    rows = pl.concat(
        pl.read_parquet(f) for f in (tmp_path / "store").glob("feedback/events/*.parquet")
    )
    assert sorted(rows["event_id"]) == ["shop:a", "shop:b", "shop:c"]
    assert state.client.xlen(stream) == 0


def test_a_new_base_forgets_what_it_knows_and_keeps_what_it_does_not(
    state: ValkeyLiveState, own_file: Path
) -> None:
    config = load_config(own_file)
    store = Store(config.store_path)
    state.load_base(store, store.current())
    state.append_events(events(("a", 7, 1)))
    state.link((account(7), "shop"), (account(8), "shop"), T0)
    Drainer(state, FeedbackLog(store), "t").drain(takeover=True)
    state.append_events(events(("b", 7, 2)))
    state.link((account(8), "shop"), (account(9), "shop"), T0)
    drained = [
        {"path": str(f.relative_to(config.store_path))}
        for f in config.store_path.glob("feedback/*/*.parquet")
    ]
    assert len(drained) == 2
    store.publish(store.current().tables, {}, drained)
    assert state.load_base(store, store.current())
    # The fuse that read the first event and the first link decided against both; the second
    # ones it has not seen.
    assert items(state, PersonLookup(account=account(7), platform="shop")) == [["shop:b"]]
    seven, eight, nine = state.read_people(
        [PersonLookup(account=account(n), platform="shop") for n in (7, 8, 9)]
    )
    assert seven.person == person(7)
    assert eight.person == nine.person == person(8)
    # Under the prefix: the store's own name may begin with a b too.
    names = state.client.keys(f"{state.prefix}b*:?")
    bases = {key.decode().removeprefix(state.prefix).split(":")[0] for key in names}
    assert len(bases) == 1  # the old one is gone


def test_a_second_server_over_one_folder_is_refused(valkey: EmbeddedValkey) -> None:
    with pytest.raises(LiveStateDown, match="another process serves"):
        EmbeddedValkey(valkey.folder).start()


def test_two_stores_share_a_valkey_without_meeting(valkey: EmbeddedValkey, own_file: Path) -> None:
    one = connect(load_config(own_file), valkey.address)
    other = ValkeyLiveState(valkey.address, "other", 50, timeout_s=2)
    one.append_events(events(("a", 1, 1)))
    assert items(other, PersonLookup(account=account(1), platform="shop")) == [[]]


def test_a_window_of_events_is_one_object(
    state: ValkeyLiveState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often there is something new: Valkey holds it safely meanwhile."""
    window = 3.0
    monkeypatch.setattr("plait.live.drain.WINDOW_S", window)
    folder, stop = tmp_path / "store/feedback/events", threading.Event()
    drainer = Drainer(state, FeedbackLog(Store(tmp_path / "store")), "one")
    thread = threading.Thread(target=drainer.run, args=(stop, 0.02, pytest.fail))
    began = time.monotonic()
    thread.start()
    try:
        for n in range(10):
            state.append_events(events((f"w{n}", 1, n)))
            time.sleep(0.05)
        until, found = time.monotonic() + 30, 0
        while found < 10 and time.monotonic() < until:
            found = sum(pl.read_parquet(file).height for file in folder.glob("*.parquet"))
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert found == 10
    assert len(list(folder.glob("*.parquet"))) <= 2 + (time.monotonic() - began) / window
    monkeypatch.setattr("plait.live.drain.BATCH_ENTRIES", 5)  # what fills a batch does not wait
    monkeypatch.setattr("plait.live.drain.WINDOW_S", 600.0)
    stop = threading.Event()
    thread = threading.Thread(target=drainer.run, args=(stop, 0.02, pytest.fail))
    thread.start()
    try:
        time.sleep(0.3)
        state.append_events(events(*((f"f{n}", 1, n) for n in range(5))))
        until = time.monotonic() + 30
        while state.client.xlen(state.prefix + "events") and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert sum(pl.read_parquet(file).height for file in folder.glob("*.parquet")) == 15


def test_a_drainer_stops_when_another_took_its_turn(
    state: ValkeyLiveState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.live.drain.BATCH_ENTRIES", 1)
    log = FeedbackLog(Store(tmp_path / "store"))
    write = log.write_events

    def slow(rows: pl.DataFrame, name: str) -> None:
        write(rows, name)
        state.client.set(state.prefix + "drainer", "two")  # the lease ran out meanwhile

    monkeypatch.setattr(log, "write_events", slow)
    state.append_events(events(*((f"t{n}", 1, n) for n in range(3))))
    assert Drainer(state, log, "one").drain() == 1
    monkeypatch.setattr(log, "write_events", write)
    assert Drainer(state, log, "two").drain() == 2


def test_an_item_stays_seen_however_many_events_follow(
    valkey: EmbeddedValkey, own_file: Path
) -> None:
    short = ValkeyLiveState(valkey.address, "seen", 2, timeout_s=2)
    short.append_events(events(("bought", 1, 0)))
    short.append_events(events(*((f"x{n}", 1, 1 + n) for n in range(5))))
    who = [PersonLookup(account=account(1), platform="shop")]
    (row,) = live_sequences(short.read_people(who), 2).rows(named=True)
    assert row["item"] == ["shop:x3", "shop:x4"]
    assert row["seen"].split("\n") == ["shop:bought", "shop:x0", "shop:x1", "shop:x2"]
    # What the base knows by now is forgotten, and nothing else.
    forget = short.client.register_script(base_scripts.FORGET_EVENTS)
    last = int(time.time() * 1000) + 1
    short.append_events(events(("later", 2, 0)))
    forget(keys=[short.prefix], args=[0, 0, account(1)])
    assert live_sequences(short.read_people(who), 2)["seen"].to_list() == [row["seen"]]
    forget(keys=[short.prefix], args=[last, 0, account(1)])
    assert live_sequences(short.read_people(who), 2).select("item", "seen").rows() == [([], None)]
    assert account(1).encode() not in short.client.smembers(short.prefix + "active")
