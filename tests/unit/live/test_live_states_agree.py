"""Whatever is done to it, live state in memory says what live state in Valkey says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from plait.contracts.consent_rows import PURPOSES
from plait.errors import TooManyAccounts
from plait.live import LiveState, PersonLookup, PersonState
from plait.live.live_state import FeedbackStream, StreamEntry
from plait.live.streams import FEEDBACK_STREAMS
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.store import Store
from tests.live_people import T0, ends, events, person, publish_people, who
from tests.memory_state import MemoryLiveState
from tests.unit.live.conftest import TIMEOUT_S

pytestmark = pytest.mark.slow
LENGTH = 3
NUMBERS = st.integers(0, 7)
STREAMS: st.SearchStrategy[FeedbackStream] = st.sampled_from(list(FEEDBACK_STREAMS))
EVENTS = st.tuples(
    st.sampled_from([f"e{n}" for n in range(15)]), NUMBERS, st.none() | st.integers(0, 5)
)


def told(known: PersonState) -> PersonState:
    """Returns `known` without what may differ: stream ids, and the order of what was seen."""
    recent = tuple(member.rpartition("\n")[0] for member in known.recent)
    return replace(known, recent=recent, seen=tuple(sorted(set(known.seen))))


class TwoStates(RuleBasedStateMachine):
    """Does the same to both, each with a store of its own: their stream ids differ."""

    server: ClassVar[EmbeddedValkey]
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        TwoStates.runs += 1
        name = f"both{TwoStates.runs}"
        self.states: list[LiveState] = [
            MemoryLiveState(LENGTH),
            ValkeyLiveState(self.server.address, name, LENGTH, TIMEOUT_S),
        ]
        self.folder = tempfile.TemporaryDirectory()
        self.stores = [Store(Path(self.folder.name) / kind) for kind in ("memory", "valkey")]
        self.receipts = 0
        self.read: dict[FeedbackStream, list[list[StreamEntry]]] = {}
        self.last: dict[FeedbackStream, list[str]] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    def both(self, work: Callable[[LiveState], Any]) -> Any:
        """Returns what `work` returns of both."""
        found = []
        for state in self.states:
            try:
                found.append(work(state))
            except TooManyAccounts as error:
                found.append(error.seen)
        assert found[0] == found[1]
        return found[0]

    @rule(rows=st.lists(EVENTS, min_size=1, max_size=6))
    def append(self, rows: list[tuple[str, int, int | None]]) -> None:
        self.both(lambda state: state.append_events(events(*rows)))

    @rule(one=NUMBERS, two=NUMBERS, joined=st.booleans())
    def say(self, one: int, two: int, joined: bool) -> None:
        if one == two:
            return
        pair = ends(one, two)
        self.both(lambda state: (state.preview_link if joined else state.preview_unlink)(*pair))
        self.both(lambda state: (state.link if joined else state.unlink)(*pair, T0))

    @rule(
        number=NUMBERS,
        said=st.dictionaries(st.sampled_from(PURPOSES), st.booleans(), min_size=1, max_size=3),
    )
    def consent(self, number: int, said: dict[str, bool]) -> None:
        (one,) = ends(number)
        self.both(lambda state: state.set_consent(one, said, T0, "me", "asked"))

    @rule(number=NUMBERS, whole=st.booleans(), seconds=st.integers(0, 6))
    def erase(self, number: int, whole: bool, seconds: int) -> None:
        (one,) = who(number)
        lookup = PersonLookup(person(number), one.account) if whole else one
        self.receipts += 1
        receipt, now = f"r{self.receipts}", T0 + timedelta(seconds=seconds)
        self.both(lambda state: state.erase(lookup, receipt, now))
        self.both(lambda state: state.finish_erasures())
        self.read = {}

    @rule(stream=STREAMS, count=st.integers(1, 9))
    def read_entries(self, stream: FeedbackStream, count: int) -> None:
        entries = [state.read_stream(stream, count) for state in self.states]
        assert [e.text for e in entries[0]] == [e.text for e in entries[1]]
        for found, before in zip(entries, self.read.get(stream, [[], []]), strict=True):
            assert found[: len(before)] == before[: len(found)]  # repeated exactly
        self.read[stream] = entries

    @rule(stream=STREAMS, count=st.integers(1, 9))
    def acknowledge(self, stream: FeedbackStream, count: int) -> None:
        chosen = [entries[:count] for entries in self.read.get(stream, [[], []])]
        if not chosen[0]:
            return
        for state, entries in zip(self.states, chosen, strict=True):
            state.acknowledge(stream, [entry.entry_id for entry in entries])
        self.last[stream] = [entries[-1].entry_id for entries in chosen]
        self.read[stream] = [entries[count:] for entries in self.read[stream]]

    @rule(
        groups=st.lists(st.integers(0, 2), min_size=1, max_size=6),
        since=st.lists(st.integers(1, 3), min_size=3, max_size=3),
    )
    def publish(self, groups: list[int], since: list[int]) -> None:
        """Publishes a version of the first accounts; it knows what was acknowledged."""
        accounts = {g: [n for n, mine in enumerate(groups) if mine == g] for g in set(groups)}
        people = {members[0]: members for members in accounts.values()}
        for number, store in enumerate(self.stores):
            publish_people(
                store,
                people,
                length=LENGTH,
                since={members[0]: since[g] for g, members in accounts.items()},
                retired={n: first for first, members in people.items() for n in members[1:]},
                drained=[f"feedback/{stream}/{ids[number]}_{ids[number]}.parquet"
                         for stream, ids in self.last.items()],
            )  # fmt: skip

    @rule()
    def load(self) -> None:
        if not self.stores[0].numbers():
            return
        for state, store in zip(self.states, self.stores, strict=True):
            assert state.load_base(store, store.current())
        self.read = {}

    @rule(token=st.sampled_from(["one", "two"]), takeover=st.booleans())
    def lease(self, token: str, takeover: bool) -> None:
        self.both(lambda state: state.acquire_drain_lease(token, takeover))

    @invariant()
    def people_are_the_same(self) -> None:
        asked = [*who(*range(8)), *(PersonLookup(person=person(n)) for n in range(8))]
        self.both(lambda state: [told(known) for known in state.read_people(asked)])

    @invariant()
    def the_rest_is_the_same(self) -> None:
        self.both(lambda state: [state.stream_length(name) for name in FEEDBACK_STREAMS])
        self.both(lambda state: (state.base_status().whole, state.base_status().events_to_forget))


def test_both_say_the_same_whatever_is_done(shared_valkey: EmbeddedValkey) -> None:
    TwoStates.server = shared_valkey
    run_state_machine_as_test(
        TwoStates,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
