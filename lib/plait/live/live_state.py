"""The LiveState protocol: what the endpoint and the drainer need of live state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from plait.errors import LossyLiveState
from plait.live.link_reason import NO_REASON, LinkReason
from plait.store import Store, StoreVersion

FeedbackStream = str  # a name in live.streams.FEEDBACK_STREAMS


@dataclass(frozen=True)
class PersonLookup:
    """The reference to one person: `person`, or `account` (a pseudonym) on `platform`."""

    person: str = ""
    account: str = ""
    platform: str = ""


@dataclass(frozen=True)
class PersonState:
    """What live state holds of one person.

    Attributes:
        person: the person's id.
        accounts: the person's accounts, as (pseudonym, platform).
        base: packed sequences of the store version, one per person that was linked.
        recent: recent events, as members, see stream_entries.
        whole: False while there is no base. Then only recent events are known.
        seen: items of events that neither `base` nor `recent` holds.
        own_platform: whether only lists of the account's own platform may use what is known.
        only: the platform whose events of the base alone are used; '' for all.
        without: the platforms whose events of the base are not used.
    """

    person: str
    accounts: tuple[tuple[str, str], ...] = ()
    base: tuple[bytes, ...] = ()
    recent: tuple[str, ...] = ()
    whole: bool = True
    seen: tuple[str, ...] = ()
    own_platform: bool = False
    only: str = ""
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BaseStatus:
    """The status of live state's active base.

    Attributes:
        base: the base's name; '' if there is none.
        whole: whether the base is complete.
        events_to_forget: whether recent events that the base holds must still be removed.
    """

    base: str
    whole: bool
    events_to_forget: bool


@dataclass(frozen=True)
class LiveErasure:
    """What an erasure did in live state.

    Attributes:
        receipt: the id of its receipt; of an earlier one, if there was nothing new to erase.
        accounts: the number of accounts that were erased.
        known: whether anything was known of them, now or at an earlier erasure.
        repeated: whether an earlier erasure had erased all of it, so that nothing was done.
        ids: the accounts and person ids that were erased.
    """

    receipt: str
    accounts: int
    known: bool
    repeated: bool = False
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StreamEntry:
    """An entry of a feedback stream; `text` is None if it was deleted after its delivery."""

    entry_id: str
    text: str | None


class LiveState(Protocol):
    """People's current histories, and the streams that the drainer empties.

    Every call except `load_base` is atomic. A change is durable when the call returns, unless
    `durability_fault` returns an error, and the next read of any client sees it. Every method
    raises LiveStateDown if live state does not answer. A write that raised it may or may not have
    been applied.
    """

    @property
    def length(self) -> int:
        """Number of item events kept per account."""

    @property
    def down_reason(self) -> str:
        """The reason why live state is not used now; '' while it answers."""

    def durability_fault(self) -> LossyLiveState | None:
        """Returns the reason why accepted events may be lost; None if they are durable."""

    def read_people(self, lookups: Sequence[PersonLookup]) -> list[PersonState]:
        """Returns what is known of each person, in order.

        For a retired person, it returns the person who replaced them. Recent events of one account
        are in the order of a history, oldest first.
        """

    def append_events(self, events: pl.DataFrame) -> list[bool]:
        """Accepts FEEDBACK_EVENTS rows in order; returns which were new.

        An event id that was accepted before has no effect, so a batch can be sent again. An account
        keeps the last `length` of its item events by history order, not by arrival. The items of
        older events are kept as `seen`. A row with a true column `noise` goes to the stream, and
        is in no history.
        """

    def link(
        self,
        one: tuple[str, str],
        two: tuple[str, str],
        now: datetime,
        reason: LinkReason = NO_REASON,
    ) -> tuple[str, list[str]]:
        """Links two accounts (pseudonym, platform); returns the person and the retired persons.

        The person with the earliest `since` in the base survives. Repeating a link has no effect.

        Raises:
            TooManyAccounts: the person would have over `max_accounts`, or MAX_ON_PLATFORM on one
                platform.
        """

    def unlink(
        self,
        one: tuple[str, str],
        two: tuple[str, str],
        now: datetime,
        reason: LinkReason = NO_REASON,
    ) -> tuple[list[str], str]:
        """Unlinks two accounts (pseudonym, platform); returns each one's person, and the effect.

        The effect is `now`, or `next_fuse`: the base or other links join them, and the next fuse
        keeps them apart. The unlink is kept for the next fuse in any case.
        """

    def set_consent(
        self, account: tuple[str, str], said: Mapping[str, bool], now: datetime, who: str, why: str
    ) -> None:
        """Keeps what an account (pseudonym, platform) says about purposes of consent.

        A withdrawal of link or share takes effect with the next read, for the account and for its
        former person; a grant with the next fuse. Both are kept for the next fuse.
        """

    def erase(self, lookup: PersonLookup, receipt: str, now: datetime) -> LiveErasure:
        """Erases a person with all accounts, or, if `lookup` has an account, this account alone.

        From the next read on they are strangers, although the base still has them. The erasure is
        an entry of the stream `erasures`, which names hashes only. Events up to `now` are not
        accepted any more; later ones belong to a new person with another id. An account that is
        not known is erased too, as logs that were not fused yet may have it; a person that is not
        known is not. Repeating an erasure has no effect.
        """

    def finish_erasures(self) -> None:
        """Removes what erasures left: entries that were not drained, and bytes on disk.

        It has no effect if there is nothing left to do.
        """

    def preview_link(self, one: tuple[str, str], two: tuple[str, str]) -> tuple[str, list[str]]:
        """Returns what `link` would return now, and raises what it would raise; writes nothing."""

    def preview_unlink(self, one: tuple[str, str], two: tuple[str, str]) -> tuple[list[str], str]:
        """Returns what `unlink` would return now; writes nothing."""

    def base_status(self) -> BaseStatus:
        """Returns the name of the active base, and whether it is complete."""

    def load_base(self, store: Store, version: StoreVersion) -> bool:
        """Loads `version` as the active base; returns whether it now is the active base.

        Recent events and links that `version` holds are removed; later ones stay. Loading it
        again has no effect, unless a part of it is missing: then it is loaded again. If several
        clients call this, one loads and the others get False until it is done. Readers see the
        old base until the new one is complete. A version that is no longer the newest does not
        replace the base.
        """

    def acquire_drain_lease(self, token: str, takeover: bool = False) -> bool:
        """Acquires or extends the lease of the single drainer; returns whether `token` has it.

        A lease that is not extended expires. `takeover` ends another drainer's lease first.
        """

    def read_stream(self, stream: FeedbackStream, count: int) -> list[StreamEntry]:
        """Returns at most `count` entries that are not acknowledged, oldest first.

        If there are entries that were returned before but not acknowledged, only these are
        returned. So a new drainer repeats exactly the batch of one that died. Ids only increase.
        """

    def acknowledge(self, stream: FeedbackStream, ids: Sequence[str]) -> None:
        """Acknowledges entries, which are not returned again.

        A link stays in effect until a base holds it.
        """

    def stream_length(self, stream: FeedbackStream) -> int:
        """Returns the number of entries in the stream."""
