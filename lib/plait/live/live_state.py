"""The LiveState protocol: what the endpoint and the drainer need of live state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import polars as pl

from plait.errors import LossyLiveState
from plait.store import Store, StoreVersion

FeedbackStream = Literal["events", "links"]


@dataclass(frozen=True)
class PersonLookup:
    """Names one person: by `person`, or by `account` (pseudonym) on `platform`."""

    person: str = ""
    account: str = ""
    platform: str = ""


@dataclass(frozen=True)
class PersonState:
    """What live state holds of one person.

    `base` are packed sequences of the store version, one for each person joined; `recent` are
    members of recent events; `seen` are items of events that neither holds; `accounts` are
    (pseudonym, platform). `whole` is false while there is no base: then nothing but recent events
    is known of anyone.
    """

    person: str
    accounts: tuple[tuple[str, str], ...] = ()
    base: tuple[bytes, ...] = ()
    recent: tuple[str, ...] = ()
    whole: bool = True
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class BaseStatus:
    """The base that live state answers from.

    `base` is its name, '' for none; `whole` whether all of it is there; `events_to_forget` whether
    recent events that it holds are still to be forgotten.
    """

    base: str
    whole: bool
    events_to_forget: bool


@dataclass(frozen=True)
class StreamEntry:
    """An entry of a feedback stream; `text` is None where it was deleted after it was delivered."""

    entry_id: str
    text: str | None


class LiveState(Protocol):
    """People's histories as they are now, and the streams that the drainer empties.

    Every call but `load_base` is atomic: it happens wholly or not at all, and readers see no half
    of it. What a call has changed is durable when it returns, unless `durability_fault` says
    otherwise, and the next read of any client sees it. Every method raises LiveStateDown where
    live state does not answer; a write that raised may have happened or not.
    """

    @property
    def length(self) -> int:
        """Item events kept of one account."""

    @property
    def down_reason(self) -> str:
        """Why live state is not asked now; '' while it answers."""

    def durability_fault(self) -> LossyLiveState | None:
        """Returns why accepted events may be lost; None where they are durable."""

    def read_people(self, lookups: Sequence[PersonLookup]) -> list[PersonState]:
        """Returns what is known of each person, in order.

        A retired or linked person is read as the one who survived. Recent events of one account
        are in the order of a history, oldest first.
        """

    def append_events(self, events: pl.DataFrame) -> list[bool]:
        """Takes FEEDBACK_EVENTS rows in order; returns which were new.

        An event id that was taken before changes nothing, so that a batch can be sent again. An
        account keeps the last `length` of its item events, in whatever order they come, and the
        items of older ones as `seen`.
        """

    def link(
        self, one: tuple[str, str], two: tuple[str, str], now: datetime
    ) -> tuple[str, list[str]]:
        """Joins two accounts (pseudonym, platform); returns the person and who was retired.

        The person whom the base has known longest survives. The same link again changes nothing.

        Raises:
            TooManyAccounts: the person would have over MAX_LINKED or MAX_ON_PLATFORM accounts.
        """

    def unlink(
        self, one: tuple[str, str], two: tuple[str, str], now: datetime
    ) -> tuple[list[str], str]:
        """Parts two accounts (pseudonym, platform); returns each one's person, and what is done.

        That is `now`, `next_fuse` (the base holds them as one person) or `still_joined` (by other
        links). It is kept for the next fuse in any case.
        """

    def base_status(self) -> BaseStatus:
        """Returns which base there is, and whether it is whole."""

    def load_base(self, store: Store, version: StoreVersion) -> bool:
        """Makes `version` the base that live state answers from; returns whether it now is.

        Recent events and links that `version` holds are forgotten; later ones stay. Loading it
        twice changes nothing, unless a part of it is missing: then it is loaded anew. Of several
        clients one loads; the others get False until it is done. Readers see the old base until
        the new one is whole. A version that is no longer the newest replaces nothing.
        """

    def acquire_drain_lease(self, token: str, takeover: bool = False) -> bool:
        """Takes or extends the lease of the one drainer at work; returns whether `token` has it.

        A lease that is not extended ends by itself. `takeover` ends another one's first.
        """

    def read_stream(self, stream: FeedbackStream, count: int) -> list[StreamEntry]:
        """Returns the next `count` entries that are not acknowledged, oldest first.

        Entries that were returned before and never acknowledged come first and alone, so that a
        drainer that died is repeated exactly. Ids only grow.
        """

    def acknowledge(self, stream: FeedbackStream, ids: Sequence[str]) -> None:
        """Never returns these entries again. A link stays known until a base holds it."""

    def stream_length(self, stream: FeedbackStream) -> int:
        """Returns how many entries the stream holds."""
