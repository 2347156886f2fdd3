"""The drainer over either live state: every event is written once, whoever dies when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import polars as pl
import pytest

from plait.errors import LiveStateDown, StoreError
from plait.live import LiveState
from plait.live.drain import Drainer
from plait.live.live_state import FeedbackStream
from plait.store import Store
from plait.store.feedback.compaction import compact
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import EVENTS_FOLDER, LINKS_FOLDER
from tests.live_people import T0, account, ends, events
from tests.memory_state import MemoryLiveState


class Turns(Event):
    """Does something in each turn of a drainer, and stops it after the last."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        super().__init__()
        self.left = list(turns)

    def wait(self, timeout: float | None = None) -> bool:
        if not self.left:
            return True
        self.left.pop(0)()
        return False


def written(store: Store, folder: str = EVENTS_FOLDER) -> list[pl.DataFrame]:
    """Returns the objects of the feedback log, by name."""
    return [pl.read_parquet(p) for p in sorted(Path(store.uri).glob(f"{folder}/*.parquet"))]


def names(parts: Sequence[pl.DataFrame]) -> list[str]:
    return sorted(name.removeprefix("shop:") for part in parts for name in part["event_id"])


@pytest.fixture
def log(store: Store) -> FeedbackLog:
    return FeedbackLog(store)


def test_events_and_links_are_moved_as_one_object_each(
    state: LiveState, store: Store, log: FeedbackLog
) -> None:
    rows = events(("a", 1, 1), ("b", 1, 2))
    state.append_events(rows)
    state.link(*ends(1, 2), T0)
    state.unlink(*ends(3, 4), T0)
    assert Drainer(state, log, "one").drain() == 4
    (told,) = written(store)
    assert told.equals(rows)
    (links,) = written(store, LINKS_FOLDER)
    assert links["account_b"].to_list() == [account(2), account(3)]
    assert links["apart"].to_list() == [None, account(4)]
    assert Drainer(state, log, "one").drain() == 0
    assert len(written(store)) == 1


def test_a_batch_whose_drainer_died_before_or_after_writing_is_written_once(
    state: LiveState, store: Store, log: FeedbackLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.append_events(events(("a", 1, 1), ("b", 1, 2)))
    state.read_stream("events", 100)  # the first dies here
    state.append_events(events(("c", 1, 3)))

    class Died(Exception):
        pass

    def die(stream: FeedbackStream, ids: Sequence[str]) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(state, "acknowledge", die)
        with pytest.raises(Died):
            Drainer(state, log, "one").drain()
    assert names(written(store)) == ["a", "b"]
    assert Drainer(state, log, "two").drain() == 0  # the first one's turn has not ended
    assert Drainer(state, log, "two").drain(takeover=True) == 3
    assert names(written(store)) == ["a", "b", "c"]
    assert state.stream_length("events") == 0


def test_what_the_store_refuses_stays_in_live_state(
    state: LiveState, store: Store, log: FeedbackLog
) -> None:
    state.append_events(events(("a", 1, 1)))
    folder = Path(store.uri) / EVENTS_FOLDER
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    with pytest.raises((StoreError, OSError)):
        Drainer(state, log, "one").drain()
    assert state.stream_length("events") == 1
    folder.unlink()
    assert Drainer(state, log, "one").drain() == 1
    assert names(written(store)) == ["a"]


def test_entries_that_were_deleted_meanwhile_are_acknowledged_and_not_written(
    store: Store, log: FeedbackLog
) -> None:
    state = MemoryLiveState(50)
    state.link(*ends(1, 2), T0)
    (entry,) = state.read_stream("links", 9)
    state._streams["links"].clear()  # as a base that holds it does
    assert Drainer(state, log, "one").drain() == 1
    assert written(store, LINKS_FOLDER) == []
    assert state.read_stream("links", 9) == []
    assert entry.text


def test_a_drainer_stops_when_another_took_its_turn(
    state: LiveState, store: Store, log: FeedbackLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.live.drain.BATCH_ENTRIES", 1)
    write = log.write

    def slow(folder: str, rows: pl.DataFrame, name: str) -> None:
        write(folder, rows, name)
        state.acquire_drain_lease("two", takeover=True)  # the lease ran out meanwhile

    state.append_events(events(*((f"t{n}", 1, n) for n in range(3))))
    with monkeypatch.context() as while_slow:
        while_slow.setattr(log, "write", slow)
        assert Drainer(state, log, "one").drain() == 1
    assert Drainer(state, log, "two").drain() == 2
    assert names(written(store)) == ["t0", "t1", "t2"]


def test_what_came_within_a_window_is_one_object_and_a_full_batch_does_not_wait(
    state: LiveState, store: Store, log: FeedbackLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.live.drain.BATCH_ENTRIES", 5)
    monkeypatch.setattr("plait.live.drain.WINDOW_S", 3_600.0)
    number = iter(range(100))

    def one_more() -> None:
        n = next(number)
        state.append_events(events((f"w{n:02}", 1, n)))

    # The first look drains; of what follows, the fifth fills a batch.
    Drainer(state, log, "one").run(Turns(*[one_more] * 8), 0.0, pytest.fail)
    assert [part.height for part in written(store)] == [1, 5]
    assert state.stream_length("events") == 2
    monkeypatch.setattr("plait.live.drain.WINDOW_S", 0.0)
    Drainer(state, log, "one").run(Turns(one_more, one_more), 0.0, pytest.fail)
    assert [part.height for part in written(store)] == [1, 5, 3, 1]


def test_many_objects_are_put_together(
    state: LiveState, store: Store, log: FeedbackLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plait.live.drain.WINDOW_S", 0.0)
    monkeypatch.setattr("plait.live.drain.COMPACT_AFTER", 3)
    monkeypatch.setattr(log, "compact", lambda: compact(store, least=3, merge=False))
    turns = [lambda n=n: state.append_events(events((f"c{n}", 1, n))) for n in range(4)]
    Drainer(state, log, "one").run(Turns(*turns), 0.0, pytest.fail)
    assert len(list_log(store, EVENTS_FOLDER).slices()) == 2  # three of them, and one more
    assert names(written(store)[-1:]) == ["c0", "c1", "c2"]


def test_what_goes_wrong_is_told_once_however_long_it_lasts(log: FeedbackLog, store: Store) -> None:
    state, told = MemoryLiveState(50), []
    state.append_events(events(("a", 1, 1)))

    def down(why: str) -> Callable[[], None]:
        return lambda: setattr(state, "down_reason", why)

    turns = [down("away"), *[lambda: None] * 5, down("gone"), down("")]
    Drainer(state, log, "me").run(Turns(*turns), 0.0, told.append)
    waits = "the feedback log waits: LiveStateDown: live state does not answer"
    assert [line.splitlines()[0] for line in told] == [f"{waits} (away).", f"{waits} (gone)."]
    assert names(written(store)) == ["a"]
    state.down_reason = "away"
    with pytest.raises(LiveStateDown):
        Drainer(state, log, "me").drain()


def test_a_fault_that_nobody_foresaw_does_not_end_the_drainer(
    log: FeedbackLog, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, told = MemoryLiveState(50), []
    state.append_events(events(("a", 1, 1)))
    drainer = Drainer(state, log, "me")
    length = state.stream_length
    monkeypatch.setattr("plait.live.drain.WINDOW_S", 0.0)

    def break_it() -> None:
        monkeypatch.setattr(drainer, "_log", None)

    def mend_it() -> None:
        monkeypatch.setattr(drainer, "_log", log)

    drainer.run(Turns(break_it, mend_it), 0.0, told.append)
    assert len(told) == 1
    assert told[0].startswith("the feedback log waits: AttributeError: ")
    assert (names(written(store)), length("events")) == (["a"], 0)
