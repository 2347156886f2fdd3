"""The newest record is found in a bounded number of requests, whoever wrote and died."""

from __future__ import annotations

from collections import Counter
from typing import Any

import obstore
import pytest

from plait.errors import NothingFused
from plait.store import Store
from plait.store.journal import Journal
from plait.store.store_objects import read_object, remove_objects


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts requests by kind."""
    counted: Counter[str] = Counter()
    for kind in ("get", "list", "head"):
        work = getattr(obstore, kind)

        def counting(*args: Any, _kind: str = kind, _work: Any = work, **more: Any) -> Any:
            counted[_kind] += 1
            return _work(*args, **more)

        monkeypatch.setattr(obstore, kind, counting)
    return counted


def test_a_poll_is_two_small_requests_however_long_the_journal(
    either_store: Store, asked: Counter[str]
) -> None:
    journal = Journal(either_store.objects, "versions")
    costs = []
    for n in range(1, 30):
        journal.append({"n": n})
        assert journal.poll() == (n, {"n": n})
        asked.clear()
        assert journal.poll() == (n, {"n": n})
        costs.append(dict(asked))
    assert all(cost == {"get": 2} for cost in costs)
    assert len(read_object(either_store.objects, "versions/newest.json")) < 100


def test_a_writer_that_died_before_the_pointer_is_followed(store: Store) -> None:
    journal, other = Journal(store.objects, "a"), Journal(store.objects, "a")
    journal.append({"n": 1})
    pointer = read_object(store.objects, "a/newest.json")
    other.append({"n": 2})
    other.append({"n": 3})
    obstore.put(store.objects, "a/newest.json", pointer)
    assert journal.poll() == (3, {"n": 3})
    assert journal.poll() == (3, {"n": 3})
    remove_objects(store.objects, ["a/newest.json"])  # an older plait wrote all of it
    assert journal.poll() == Journal(store.objects, "a").poll() == (3, {"n": 3})
    assert b'"number": 3' in read_object(store.objects, "a/newest.json")  # from now on it is quick
    obstore.put(store.objects, "a/newest.json", b"{")
    assert journal.poll() == (3, {"n": 3})


def test_a_poll_follows_a_version_that_is_taken_back(store: Store) -> None:
    with pytest.raises(NothingFused):
        store.poll()
    first = store.publish({}, {}, [])
    second = store.publish({}, {}, [])
    assert store.poll() == store.current() == second
    store.withdraw(second)
    assert store.poll() == store.current() == first
    store.withdraw(first)
    with pytest.raises(NothingFused):
        store.poll()


def test_another_store_in_the_same_place_is_told_apart(store: Store) -> None:
    """As after `rm -r`: its first version is another one."""
    journal = Journal(store.objects, "a")
    journal.append({"n": 1})
    assert journal.poll() == (1, {"n": 1})
    remove_objects(store.objects, ["a/00000001.json", "a/newest.json"])
    Journal(store.objects, "a").append({"n": "other"})
    assert journal.poll() == (1, {"n": "other"})
