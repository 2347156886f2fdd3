"""Who was erased is a stranger to every implementation of LiveState."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from plait.live import LiveState, PersonLookup
from plait.live.streams import FEEDBACK_STREAMS
from plait.privacy.erasure import erasure_rows, person_after
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_paths import ERASURES_FOLDER
from tests.live_people import T0, account, ends, events, items, person, publish_people, who


def test_an_erased_person_is_a_stranger_whatever_id_they_are_asked_by(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {1: [1, 2], 3: [3]}, retired={8: 1})
    assert state.load_base(store, store.current())
    state.append_events(events(("a", 1, 1), ("b", 4, 2)))
    state.link(*ends(2, 4), T0)
    erased = state.erase(PersonLookup(person=person(8)), "first", T0 + timedelta(days=1))
    assert (erased.accounts, erased.known, erased.receipt) == (3, True, "first")
    assert erased.ids == {*map(account, (1, 2, 4)), *map(person, (1, 2, 4, 8))}
    state.finish_erasures()
    assert state.base_status().whole
    found = state.read_people(who(1, 2, 4))
    assert len({one.person for one in found}) == 3
    assert not {one.person for one in found} & erased.ids
    assert [(one.base, one.recent, len(one.accounts)) for one in found] == [((), (), 1)] * 3
    ids = [PersonLookup(person(n), account(n)) for n in (1, 2, 4, 8)]
    assert [one.accounts for one in state.read_people(ids)[:3]] == [()] * 3
    assert items(state, *who(3)) == [["shop:3a", "shop:3b"]]
    texts = [entry.text for name in FEEDBACK_STREAMS for entry in state.read_stream(name, 9)]
    assert not [text for text in texts for one in erased.ids if text and one[2:] in text]
    again = state.erase(who(2)[0], "second", T0 + timedelta(days=2))
    assert (again.receipt, again.repeated, again.accounts) == ("first", True, 0)
    assert not state.erase(PersonLookup(person=person(77)), "third", T0).known


def test_events_after_an_erasure_belong_to_somebody_new(state: LiveState, store: Store) -> None:
    state.append_events(events(("a", 1, 1)))
    (before,) = state.read_people(who(1))
    state.erase(who(1)[0], "first", T0 + timedelta(seconds=5))
    assert state.append_events(events(("a", 1, 1), ("late", 1, 5), ("new", 1, 6))) == [
        False, False, True
    ]  # fmt: skip
    assert items(state, *who(1)) == [["shop:new"]]
    (after,) = state.read_people(who(1))
    expected = pl.select(person_after(pl.lit(account(1)), pl.lit("first"))).item()
    assert after.person == expected
    assert state.read_people([PersonLookup(before.person, account(1))])[0].accounts == ()
    repeated = state.erase(PersonLookup(before.person, account(1)), "no", T0 + timedelta(seconds=8))
    assert (repeated.repeated, repeated.receipt) == (True, "first")  # this is somebody else now
    erased = state.erase(who(1)[0], "second", T0 + timedelta(seconds=9))
    assert (erased.known, after.person in erased.ids) == (True, True)
    assert items(state, *who(1)) == [[]]


def test_one_account_of_a_person_is_erased_and_the_rest_is_another_person(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {1: [1, 2], 3: [3]})
    assert state.load_base(store, store.current())
    state.append_events(events(("a", 1, 1), ("b", 2, 2)))
    state.link(*ends(1, 3), T0)
    state.link(*ends(2, 4), T0)
    erased = state.erase(who(1)[0], "first", T0 + timedelta(days=1))
    assert (erased.accounts, erased.ids) == (1, {account(1), person(1)})
    assert state.base_status().whole
    found = state.read_people(who(2, 3, 4))
    assert [one.person for one in found] == [person(2), person(3), person(2)]
    assert [len(one.accounts) for one in found] == [2, 1, 2]
    assert items(state, *who(2, 3)) == [["shop:b"], ["shop:3a", "shop:3b"]]


def test_a_base_is_loaded_without_people_erased_since(state: LiveState, store: Store) -> None:
    version = publish_people(store, {1: [1, 2], 3: [3, 4], 5: [5]}, retired={8: 1})
    state.erase(PersonLookup(person(5), account(5)), "nobody", T0)  # not known yet
    state.erase(who(1)[0], "first", T0)
    rows = erasure_rows({account(3): "shop", account(4): "shop", person(3): None}, "cli", T0)
    FeedbackLog(store).write_directly(rows, ERASURES_FOLDER)  # as `plait erase` does
    assert state.load_base(store, version)
    assert state.base_status().whole
    assert items(state, *who(1, 2, 3, 4, 5)) == [[], [], [], [], ["shop:5a", "shop:5b"]]
    assert state.read_people(who(2))[0].person == person(2)
    assert state.read_people(who(3))[0].person not in (person(3), person(4))


def test_what_an_erased_account_says_about_consent_is_erased_again(state: LiveState) -> None:
    (one,) = ends(1)
    state.append_events(events(("a", 1, 1)))
    state.erase(who(1)[0], "first", T0 + timedelta(seconds=5))
    state.set_consent(one, {"share": False}, T0 + timedelta(seconds=6), "me", "no")
    erased = state.erase(who(1)[0], "second", T0 + timedelta(seconds=7))
    assert (erased.known, erased.receipt) == (True, "second")
    state.finish_erasures()
    texts = [entry.text for name in FEEDBACK_STREAMS for entry in state.read_stream(name, 9)]
    assert not [text for text in texts if text and one[0] in text]


def test_a_retired_id_of_an_account_that_stays_is_its_own_again(
    state: LiveState, store: Store
) -> None:
    publish_people(store, {0: [0, 1, 2]}, retired={1: 0, 2: 0})
    assert state.load_base(store, store.current())
    erased = state.erase(who(0)[0], "first", T0)  # whose id the person has
    assert erased.ids == {account(0), person(0)}
    left = [PersonLookup(person=person(1)), PersonLookup(person=person(2)), *who(1, 2)]
    assert [one.person for one in state.read_people(left)] == [person(1)] * 4
    assert [len(one.accounts) for one in state.read_people(left)] == [2] * 4
