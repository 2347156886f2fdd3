"""What every implementation of the LiveState protocol does, in memory and in a real Valkey."""

from __future__ import annotations

import polars as pl
import pytest

from plait.contracts.http_messages import MAX_LINKED, MAX_ON_PLATFORM
from plait.errors import TooManyAccounts
from plait.live import LiveState, PersonLookup
from plait.live.base_content import base_name
from plait.live.link_reason import LinkReason
from plait.live.live_state import FeedbackStream, StreamEntry
from plait.live.stream_entries import decode_events, decode_links
from plait.store import Store
from tests.live_people import T0, account, ends, events, items, person, publish_people, who
from tests.live_sequences import live_sequences
from tests.unit.live.conftest import LiveServer


def seen(state: LiveState, *lookups: PersonLookup) -> list[list[str]]:
    """Returns the items that each one had beside those of the history."""
    texts = live_sequences(state.read_people(lookups), state.length)["seen"]
    return [text.split("\n") if text else [] for text in texts]


def entry_ids(state: LiveState, stream: FeedbackStream) -> list[str]:
    return [entry.entry_id for entry in state.read_stream(stream, 1_000)]


# ---------------------------------------------------------------- events


def test_an_event_counts_once_in_a_batch_and_over_batches(state: LiveState) -> None:
    assert state.append_events(events(("c", 1, 3), ("a", 1, 1), ("a", 1, 1))) == [True, True, False]
    assert state.append_events(events(("a", 1, 1), ("d", 1, 4))) == [False, True]
    assert state.append_events(events(("a", 1, 9))) == [False]  # the first word counts
    assert items(state, *who(1)) == [["shop:a", "shop:c", "shop:d"]]
    assert state.stream_length("events") == 3


def test_noise_is_accepted_once_and_is_in_no_history(state: LiveState) -> None:
    rows = events(("n", 1, 1), ("a", 1, 2)).with_columns(noise=pl.Series([True, False]))
    assert state.append_events(rows) == [True, True]
    assert state.append_events(rows) == [False, False]
    assert items(state, *who(1)) == [["shop:a"]]
    assert state.stream_length("events") == 2


def test_no_events_are_none(state: LiveState) -> None:
    assert state.append_events(events(("a", 1, 1)).clear()) == []
    assert state.read_people([]) == []


def test_recent_events_are_in_the_order_of_a_history_however_they_come(state: LiveState) -> None:
    rows = events(("d", 1, 2), ("a", 1, 2), ("late", 1, 9), ("n2", 1, None), ("n1", 1, None),
                  ("o10", 1, 2), ("o9", 1, 2), ("early", 1, -3))  # fmt: skip
    order = pl.col("event_id").replace_strict({"shop:o10": 10, "shop:o9": 9}, default=None)
    assert all(state.append_events(rows.with_columns(order=order.cast(pl.Int64))))
    (known,) = state.read_people(who(1))
    expected = ["n1", "n2", "early", "a", "d", "o9", "o10", "late"]
    assert [member.split("\n")[2] for member in known.recent] == [f"shop:{n}" for n in expected]
    assert items(state, *who(1)) == [[f"shop:{name}" for name in expected]]


def test_an_account_keeps_its_latest_events_and_has_seen_the_others(live: LiveServer) -> None:
    state = live.connect(2)
    state.append_events(events(("z", 1, 9), ("a", 1, 1), ("y", 1, 8), ("b", 1, 2), ("own", 2, 0)))
    assert items(state, *who(1, 2)) == [["shop:y", "shop:z"], ["shop:own"]]
    assert seen(state, *who(1, 2)) == [["shop:a", "shop:b"], []]
    assert state.stream_length("events") == 5


def test_only_item_events_are_in_a_history_and_all_are_in_the_stream(state: LiveState) -> None:
    rows = events(("a", 1, 1), ("b", 1, 2))
    kind = pl.when(pl.col("event_id") == "shop:a").then(pl.lit("topic")).otherwise(pl.lit("item"))
    rows = rows.with_columns(object_kind=kind)
    assert state.append_events(rows) == [True, True]
    assert items(state, *who(1)) == [["shop:b"]]
    texts = [entry.text or "" for entry in state.read_stream("events", 10)]
    assert decode_events(texts).equals(rows)


def test_a_newcomer_is_named_after_the_account_and_has_nothing(state: LiveState) -> None:
    (known,) = state.read_people(who(7))
    assert (known.person, known.accounts) == (person(7), tuple(ends(7)))
    assert (known.base, known.recent, known.seen, known.whole) == ((), (), (), False)
    (named,) = state.read_people([PersonLookup(person="p_nobody")])
    assert (named.person, named.accounts) == ("p_nobody", ())


# ---------------------------------------------------------------- links


def test_a_link_joins_histories_at_once_and_newcomers_are_named_alike(state: LiveState) -> None:
    state.append_events(events(("a", 1, 1), ("b", 2, 2), ("c", 3, 3)))
    one, two, three = ends(1, 2, 3)
    assert state.link(three, two, T0) == (person(2), [person(3)])
    assert state.link(three, one, T0) == (person(1), [person(2)])
    assert state.link(one, two, T0) == (person(1), [])
    assert items(state, *who(1, 2, 3)) == [["shop:a", "shop:b", "shop:c"]] * 3
    retired = PersonLookup(person=person(3))
    assert {k.person for k in state.read_people([*who(1, 2, 3), retired])} == {person(1)}
    (known,) = state.read_people([retired])
    assert known.accounts == (one, two, three)
    assert [m.split("\n")[2] for m in known.recent] == ["shop:a", "shop:b", "shop:c"]


def test_the_same_link_again_changes_nothing(state: LiveState) -> None:
    one, two = ends(1, 2)
    state.link(one, two, T0)
    assert state.link(one, two, T0) == state.link(two, one, T0) == (person(1), [])
    assert state.stream_length("links") == 1


def test_whom_the_base_has_known_longest_survives(state: LiveState, store: Store) -> None:
    publish_people(store, {10: [10], 11: [11], 12: [12]}, since={10: 3, 11: 2, 12: 2})
    assert state.load_base(store, store.current())
    ten, eleven, twelve, newcomer = ends(10, 11, 12, 1)
    assert state.link(newcomer, ten, T0) == (person(10), [person(1)])
    assert state.link(twelve, ten, T0) == (person(12), [person(10)])
    assert state.link(twelve, eleven, T0) == (person(11), [person(12)])
    old = PersonLookup(person=person(10))
    assert {k.person for k in state.read_people([*who(1, 10, 12), old])} == {person(11)}
    assert items(state, old) == [[f"shop:{n}{x}" for n in (10, 11, 12) for x in "ab"]]


def test_links_give_nobody_more_accounts_than_anyone_has(state: LiveState) -> None:
    (one,) = ends(1)
    for other in ends(*range(2, MAX_ON_PLATFORM + 1)):
        state.link(one, other, T0)
    with pytest.raises(TooManyAccounts, match=f"over {MAX_ON_PLATFORM} accounts on 'shop'"):
        state.link((account(99), "shop"), (account(2), "shop"), T0)
    last = one
    for n in range(100, 100 + MAX_LINKED - MAX_ON_PLATFORM):  # a chain over many platforms
        state.link(last, (account(n), f"p{n}"), T0)
        last = (account(n), f"p{n}")
    with pytest.raises(TooManyAccounts, match=f"over {MAX_LINKED} accounts"):
        state.link((account(101), "p101"), (account(98), "other"), T0)
    # Nothing was joined by what was refused, and what is joined may be said again.
    assert [known.person for known in state.read_people(who(98, 99))] == [person(98), person(99)]
    assert state.link(*ends(1, 2), T0)[1] == []
    assert state.stream_length("links") == MAX_LINKED - 1


def test_a_preview_says_what_a_link_and_an_unlink_return_and_writes_nothing(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {1: [1, 2]})
    state.load_base(store, store.current())
    state.link(*ends(3, 4), T0)
    state.link(*ends(4, 5), T0)
    state.link(*ends(2, 3), T0)
    for one, two in [(1, 2), (1, 3), (2, 3), (3, 4), (3, 5), (6, 7)]:
        pair = ends(one, two)
        length, known = state.stream_length("links"), state.read_people(who(*range(8)))
        linked, unlinked = state.preview_link(*pair), state.preview_unlink(*pair)
        assert state.stream_length("links") == length
        assert state.read_people(who(*range(8))) == known
        assert state.unlink(*pair, T0) == unlinked
        if known[one].person == known[two].person:
            state.link(*pair, T0)
        else:
            assert state.link(*pair, T0) == linked
    with pytest.raises(TooManyAccounts, match=f"over {MAX_ON_PLATFORM} accounts on 'shop'"):
        state.preview_link(*ends(5, 6))


def test_who_and_why_are_in_the_stream(state: LiveState) -> None:
    state.link(*ends(1, 2), T0, LinkReason("ann", "same\tinvoice"))
    state.unlink(*ends(1, 2), T0, LinkReason(why="no"))
    state.link(*ends(1, 2), T0)
    words = [entry.text or "" for entry in state.read_stream("links", 10)]
    told = decode_links(words).select("who", "why").rows()
    assert told == [("ann", "same\tinvoice"), (None, "no"), (None, None)]


def test_an_unlink_undoes_a_link_at_once_and_histories_go_with_their_accounts(
    state: LiveState,
) -> None:
    state.append_events(events(("a", 1, 1), ("b", 2, 2), ("c", 3, 3)))
    one, two, three = ends(1, 2, 3)
    asked = who(1, 2, 3)
    assert state.unlink(one, two, T0) == ([person(1), person(2)], "now")  # never linked
    state.link(one, two, T0)
    state.link(two, three, T0)
    state.link(one, three, T0)
    assert state.unlink(one, two, T0) == ([person(1)] * 2, "next_fuse")
    assert state.unlink(two, one, T0) == ([person(1)] * 2, "next_fuse")
    assert items(state, *asked) == [["shop:a", "shop:b", "shop:c"]] * 3
    assert state.unlink(three, one, T0) == ([person(2), person(1)], "now")
    assert items(state, *asked) == [["shop:a"], ["shop:b", "shop:c"], ["shop:b", "shop:c"]]
    assert state.unlink(three, one, T0) == ([person(2), person(1)], "now")
    assert state.unlink(three, two, T0) == ([person(3), person(2)], "now")
    assert items(state, *asked) == [["shop:a"], ["shop:b"], ["shop:c"]]
    assert [k.accounts for k in state.read_people(asked)] == [(one,), (two,), (three,)]
    assert state.link(one, three, T0) == (person(1), [person(3)])
    assert items(state, *asked) == [["shop:a", "shop:c"], ["shop:b"], ["shop:a", "shop:c"]]


def test_accounts_that_the_base_joins_part_with_the_next_fuse(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {1: [1, 2]})
    state.load_base(store, store.current())
    one, two = ends(1, 2)
    assert state.unlink(one, two, T0) == ([person(1)] * 2, "next_fuse")
    assert state.read_people(who(2))[0].person == person(1)
    words = [entry.text or "" for entry in state.read_stream("links", 10)]
    assert decode_links(words)["apart"].to_list() == [account(2)]


# ---------------------------------------------------------------- the base


def test_base_and_recent_events_are_one_history(state: LiveState, store: Store) -> None:
    publish_people(store, {1: [1, 2], 3: [3]}, retired={9: 8, 8: 3})
    assert state.base_status().base == ""
    assert not state.base_status().whole
    assert state.load_base(store, store.current())
    status = state.base_status()
    assert (status.base, status.whole) == (base_name(store.current()), True)
    assert not status.events_to_forget
    fused = store.read("sequences").sort("person")
    asked = [PersonLookup(person=p) for p in fused["person"]]
    assert live_sequences(state.read_people(asked), state.length).equals(fused)
    by_account = state.read_people(who(2, 3))
    assert [k.person for k in by_account] == [person(1), person(3)]
    assert by_account[0].accounts == tuple(ends(1, 2))
    assert all(k.whole for k in by_account)
    assert state.read_people([PersonLookup(person=person(9))]) == [by_account[1]]
    # Something new joins at the end, and the person's total counts it.
    state.append_events(events(("new", 2, 1)))
    (after,) = live_sequences(state.read_people(who(1)), state.length).rows(named=True)
    assert after["item"] == ["shop:1a", "shop:1b", "shop:2a", "shop:2b", "shop:new"]
    assert after["total"] == 5


def test_what_the_base_says_was_seen_stays_seen(live: LiveServer, store: Store) -> None:
    state = live.connect(2)
    publish_people(store, {1: [1, 2]}, length=2)
    state.load_base(store, store.current())
    assert (items(state, *who(1)), seen(state, *who(1))) == (
        [["shop:2a", "shop:2b"]],
        [["shop:1a", "shop:1b"]],
    )
    state.append_events(events(("x", 1, 1), ("y", 2, 2), ("z", 2, 3)))
    assert items(state, *who(1)) == [["shop:y", "shop:z"]]
    assert seen(state, *who(1)) == [["shop:1a", "shop:1b", "shop:2a", "shop:2b", "shop:x"]]


def test_a_new_base_forgets_the_events_it_knows_and_keeps_later_ones(
    live: LiveServer, store: Store
) -> None:
    state = live.connect(2)
    publish_people(store, {1: [1]})
    state.load_base(store, store.current())
    state.append_events(events(("out", 7, 0), ("old", 7, 1), ("a", 8, 1), ("b", 8, 2)))
    state.append_events(events(("push", 7, 2)))
    ids = entry_ids(state, "events")
    state.acknowledge("events", ids)
    state.append_events(events(("new", 7, 3), ("late", 8, 0)))
    publish_people(store, {1: [1]}, drained=[f"feedback/events/{ids[0]}_{ids[-1]}.parquet"])
    assert state.load_base(store, store.current())
    # What came after the last drained entry is left, of the latest and of those pushed out.
    assert items(state, *who(7, 8)) == [["shop:new"], []]
    assert seen(state, *who(7, 8)) == [[], ["shop:late"]]
    assert state.append_events(events(("old", 7, 1))) == [False]


def test_a_new_base_forgets_the_links_it_knows_and_keeps_later_ones(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {1: [1]})
    state.load_base(store, store.current())
    seven, eight, nine, ten = ends(7, 8, 9, 10)
    state.link(seven, eight, T0)
    (first,) = entry_ids(state, "links")
    state.acknowledge("links", [first])
    state.link(eight, nine, T0)
    state.link(nine, ten, T0)
    state.unlink(nine, ten, T0)
    publish_people(store, {1: [1]}, drained=[f"feedback/links/{first}_{first}.parquet"])
    assert state.load_base(store, store.current())
    # The fuse that read the first link decided against it; the later words it has not seen.
    people = [known.person for known in state.read_people(who(7, 8, 9, 10))]
    assert people == [person(7), person(8), person(8), person(10)]
    assert state.stream_length("links") == 3


def test_a_link_that_the_base_has_taken_up_is_unlinked_by_the_next_fuse(
    state: LiveState, store: Store
) -> None:
    state.link(*ends(1, 2), T0)
    (first,) = entry_ids(state, "links")
    state.acknowledge("links", [first])
    publish_people(store, {1: [1, 2]}, drained=[f"feedback/links/{first}_{first}.parquet"])
    assert state.load_base(store, store.current())
    assert state.read_people(who(2))[0].accounts == tuple(ends(1, 2))
    assert state.unlink(*ends(1, 2), T0)[1] == "next_fuse"


def test_every_client_loads_a_base_and_it_is_one(live: LiveServer, store: Store) -> None:
    one, two = live.connect(50), live.connect(50)
    first = publish_people(store, {1: [1]})
    assert one.load_base(store, first)
    one.append_events(events(("a", 1, 1)))
    assert two.load_base(store, first)
    assert one.load_base(store, first)
    assert items(two, *who(1)) == [["shop:1a", "shop:1b", "shop:a"]]
    assert one.base_status() == two.base_status()
    publish_people(store, {2: [1]})
    assert two.load_base(store, store.current())
    assert one.read_people(who(1))[0].person == person(2)


def test_a_base_is_not_replaced_by_one_that_is_no_longer_the_newest(
    state: LiveState, store: Store
) -> None:
    old = publish_people(store, {1: [1]})
    new = publish_people(store, {2: [1]})
    assert not state.load_base(store, old)
    assert state.load_base(store, new)
    assert not state.load_base(store, old)
    assert state.base_status().base == base_name(new)


# ---------------------------------------------------------------- the streams


def test_one_drainer_has_the_lease(live: LiveServer) -> None:
    one, two = live.connect(50), live.connect(50)
    assert one.acquire_drain_lease("one")
    assert one.acquire_drain_lease("one")
    assert not two.acquire_drain_lease("two")
    assert two.acquire_drain_lease("two", takeover=True)
    assert not one.acquire_drain_lease("one")


def test_what_was_read_and_not_acknowledged_is_read_again_first_and_alone(
    live: LiveServer,
) -> None:
    one, two = live.connect(50), live.connect(50)
    one.append_events(events(*((f"e{n}", 1, n) for n in range(5))))
    first = one.read_stream("events", 2)
    assert [decode_events([e.text or ""])["event_id"][0] for e in first] == ["shop:e0", "shop:e1"]
    one.append_events(events(("e5", 1, 5)))
    assert two.read_stream("events", 10) == first
    assert two.read_stream("events", 1) == first[:1]
    two.acknowledge("events", [first[0].entry_id])
    assert one.read_stream("events", 10) == first[1:]
    one.acknowledge("events", [first[1].entry_id])
    rest = one.read_stream("events", 10)
    assert len(rest) == 4
    ids = [entry.entry_id for entry in (*first, *rest)]
    assert ids == sorted(set(ids), key=lambda one: tuple(map(int, one.split("-"))))
    one.acknowledge("events", ids[2:])
    assert two.read_stream("events", 10) == []


def test_acknowledged_events_leave_the_stream_and_links_stay_known(state: LiveState) -> None:
    assert (state.read_stream("events", 9), state.stream_length("links")) == ([], 0)
    state.append_events(events(("a", 1, 1)))
    state.link(*ends(1, 2), T0)
    state.unlink(*ends(3, 4), T0)
    assert (state.stream_length("events"), state.stream_length("links")) == (1, 2)
    for stream in ("events", "links"):
        state.acknowledge(stream, entry_ids(state, stream))
        assert state.read_stream(stream, 9) == []
    assert (state.stream_length("events"), state.stream_length("links")) == (0, 2)
    assert state.read_people(who(2))[0].person == person(1)
    assert items(state, *who(1)) == [["shop:a"]]


def test_a_delivered_link_that_a_base_forgot_is_repeated_without_its_text(
    state: LiveState, store: Store
) -> None:
    state.link(*ends(1, 2), T0)
    (first,) = entry_ids(state, "links")
    publish_people(store, {1: [1, 2]}, drained=[f"feedback/links/{first}_{first}.parquet"])
    assert state.load_base(store, store.current())
    assert state.read_stream("links", 9) == [StreamEntry(first, None)]
    state.acknowledge("links", [first])
    assert state.read_stream("links", 9) == []
