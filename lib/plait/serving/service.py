"""The endpoint's logic for batches of calls, independent of HTTP and Ray."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import polars as pl

from plait.config import Project
from plait.contracts.http_messages import (
    Account,
    EventsResponse,
    ListReason,
    RankRequest,
    RecommendRequest,
    User,
)
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import LiveStateDown, nearest
from plait.live import LiveState, PersonLookup, PersonState
from plait.live.live_history import live_histories
from plait.live.live_noise import NOISE
from plait.live.live_strengths import HISTORY_STRENGTH, add_history_strengths
from plait.live.valkey.durability import DurabilityLevel
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, person_of
from plait.recommend.recommender import Recommender
from plait.serving.account_service import AccountService, check_platform
from plait.serving.current_model import CurrentModel
from plait.serving.impressions import ImpressionWriter, ShownList
from plait.serving.ingestion import EventBatch, clean_batches
from plait.serving.item_lists import SlateRequest, build_slates
from plait.serving.list_reasons import fallback_reason, without_live_state
from plait.serving.problems import ProblemError, field_problem
from plait.store.feedback.feedback_log import FeedbackLog

log = logging.getLogger("plait.serving")


@dataclass
class RecommendCall:
    """One recommend or rank call and the events sent with it."""

    message: RecommendRequest | RankRequest
    events: EventBatch = field(default_factory=EventBatch)


@dataclass
class RecommendResult:
    """The result of one call: items as JSON objects, and what is known about the person."""

    recommendation_id: str
    model: Recommender
    person: str
    platforms: list[str]
    warm: bool
    items: list[dict[str, object]]
    fallback: ListReason | None
    reasons: dict[str, ListReason | None]
    events: EventsResponse | None


class EndpointService:
    """Recommends, stores events and links accounts. Methods block: call them off the event loop."""

    def __init__(
        self,
        project: Project,
        key: PseudonymKey,
        state: LiveState,
        feedback: FeedbackLog,
        current: CurrentModel,
        durability: DurabilityLevel = DurabilityLevel.fsync,
        impressions: ImpressionWriter | None = None,
    ) -> None:
        self._durability_level, self._impressions = durability, impressions
        self._project, self._given_key = project, key
        self._windows = {
            name: each.denoise.near_duplicate_seconds for name, each in project.platforms.items()
        }
        self._asks_consent = any(p.consent is not None for p in project.platforms.values())
        self._state, self._feedback, self._current = state, feedback, current
        self.accounts = AccountService(project, state, self._pseudonyms)

    @property
    def _key(self) -> PseudonymKey:
        """The pseudonym key of the base; the given one until a store version was seen."""
        return self._current.key or self._given_key

    @property
    def is_down(self) -> bool:
        """Whether live state is unreachable now."""
        return bool(self._state.down_reason)

    def recommend(self, calls: Sequence[RecommendCall]) -> list[RecommendResult | Exception]:
        """Returns a result or an error for each call. All results are from one model version."""
        model, titles = self._current.model, self._current.titles.by_item
        now = time.time_ns() // 1_000
        if model is None:
            error = ProblemError(503, self._current.reason, headers={"Retry-After": "5"})
            return [error for _ in calls]
        faults = [self._invalid_call(call, model) for call in calls]
        rows = [i for i, fault in enumerate(faults) if fault is None]
        valid = [calls[i] for i in rows]
        if not valid:
            return [fault for fault in faults if fault is not None]
        events = clean_batches([call.events for call in valid], self._project, self._key)
        strengths = self._current.strengths
        events = add_history_strengths(events, strengths)
        recorded, durable, lost = self._record_events(valid, events)
        lookups = self._lookups([call.message.user for call in valid])
        known, partial = self._read_people(lookups)
        people = live_histories(
            known,
            model.model.vocabulary,
            self._project.sequence_length,
            events.with_columns(at="call", strength=HISTORY_STRENGTH),
            self._windows,
            strengths,
        )
        lists = build_slates(
            model,
            people,
            [self._slate_request(call, model) for call in valid],
            titles,
        )
        results: list[RecommendResult | Exception] = [
            fault or lost or ProblemError(500, "") for fault in faults
        ]
        accepted = _event_responses([call.events for call in valid], events, recorded, durable)
        to_keep = set(events["call"])
        shown: list[ShownList] = []
        for row, i in enumerate(rows):
            if lost is not None and valid[row].message.record and row in to_keep:
                continue
            items, reasons = lists[row].items, lists[row].reasons
            if partial:
                reasons = without_live_state(reasons, partial)
            accepted[row].recorded = valid[row].message.record
            own = _platforms_of(known[row], people.platforms[row])
            results[i] = result = RecommendResult(
                recommendation_id=f"r_{now // 1_000:012x}{secrets.token_hex(8)}",
                model=model,
                person=known[row].person,
                platforms=own,
                warm=bool(people.active[row]),
                items=items,
                fallback=fallback_reason(reasons, not items),
                reasons=reasons,
                events=accepted[row] if valid[row].message.events else None,
            )
            if items:
                shown.append(_shown_list(result, lookups[row], self._current.variant, now))
        if self._impressions is not None:
            self._impressions.add(shown)
        return results

    def ingest(self, batches: Sequence[EventBatch]) -> list[EventsResponse | Exception]:
        """Stores the events of several calls. They are on disk when this returns."""
        events = clean_batches(batches, self._project, self._key)
        events = add_history_strengths(events, self._current.strengths)
        try:
            fresh, durable = self._append_events(events)
        except ProblemError as error:
            lost = set(events["call"])  # a call with only invalid events has nothing to retry
            return [
                error if i in lost else r
                for i, r in enumerate(_event_responses(batches, events, []))
            ]
        return list(_event_responses(batches, events, fresh, durable))

    def _invalid_call(self, call: RecommendCall, model: Recommender) -> Exception | None:
        try:
            if call.message.user.platform is not None:
                check_platform(self._project, call.message.user.platform, "user.platform")
            wanted = getattr(call.message, "platforms", None) or ()
            for name in wanted:
                if name not in model.platforms:
                    hint = nearest(name, model.platforms)
                    raise field_problem("platforms", f"the model knows no platform '{name}'", hint)
        except ProblemError as error:
            return error
        return None

    def _slate_request(self, call: RecommendCall, model: Recommender) -> SlateRequest:
        message = call.message
        if isinstance(message, RankRequest):
            return SlateRequest(items=message.items, explain=message.explain)
        return SlateRequest(
            k=message.k,
            platforms=tuple(message.platforms or model.platforms),
            exclude=tuple(message.exclude),
            exclude_seen=message.seen == "exclude",
            explain=message.explain,
        )

    def _record_events(
        self, calls: Sequence[RecommendCall], events: pl.DataFrame
    ) -> tuple[list[bool], bool, ProblemError | None]:
        """Stores the events of the calls whose `record` is true.

        Returns which of all events were new, whether they are on disk, and the error if they could
        not be stored.
        """
        wanted = [i for i, call in enumerate(calls) if call.message.record]
        keep = events["call"].is_in(wanted)
        try:
            kept, durable = self._append_events(events.filter(keep))
        except ProblemError as error:
            return [False] * events.height, True, error
        fresh = iter(kept)
        return [next(fresh) if one else True for one in keep], durable, None

    def _append_events(self, events: pl.DataFrame) -> tuple[list[bool], bool]:
        """Stores events. Returns which were new, and whether all of them are on disk.

        If Valkey may lose data and the configuration requires fsync, the events are first written
        to the feedback log. They go to Valkey as well, for the next recommendation. Events of a
        bot are stored, and are in no history.
        """
        if events.is_empty():
            return [], True
        bots = self._current.bots
        told = events.with_columns(events["account"].is_in(bots.implode()).alias(NOISE))
        written = False
        try:
            lossy = self._state.durability_fault() is not None
            if lossy and self._durability_level is DurabilityLevel.fsync:
                self._write_directly(events, "live state may lose events")
                written = True
            return self._state.append_events(told), written or not lossy
        except LiveStateDown as down:
            if not written:
                self._write_directly(events, str(down))
            return [True] * events.height, True

    def _write_directly(self, events: pl.DataFrame, why: str) -> None:
        try:
            self._feedback.write_directly(events)
        except Exception as error:
            log.error("an event could not be kept: %s; %s", why, error)
            raise ProblemError(
                503,
                "Neither live state nor the store accepts events now. Send them again.",
                headers={"Retry-After": "1"},
            ) from None

    def _read_people(
        self, lookups: Sequence[PersonLookup]
    ) -> tuple[list[PersonState], ListReason | None]:
        """Returns what live state knows, and the reason if that may be incomplete."""
        try:
            known = self._state.read_people(lookups)
            missing = self._current.base_missing or not all(k.whole for k in known)
            return known, "state_loading" if missing else None
        except LiveStateDown:
            accounts = pl.Series([w.account for w in lookups], dtype=pl.String)
            unlinked = accounts.to_frame("a").select(person_of(pl.col("a"))).to_series()
            return [
                PersonState(
                    w.person or person,
                    ((w.account, w.platform),) if w.platform else (),
                    own_platform=self._asks_consent,  # nobody knows what was withdrawn
                )
                for w, person in zip(lookups, unlinked, strict=True)
            ], "state_unavailable"

    def _lookups(self, users: Sequence[User]) -> list[PersonLookup]:
        accounts = [
            Account(platform=u.platform, id=u.id)
            for u in users
            if u.platform is not None and u.id is not None
        ]
        pseudonyms = iter(self._pseudonyms(accounts))
        return [
            PersonLookup(account=next(pseudonyms), platform=u.platform)
            if u.platform is not None
            else PersonLookup(u.person_id or "", *self._founding_account(u.person_id or ""))
            for u in users
        ]

    def _founding_account(self, person: str) -> tuple[str, str]:
        """Returns the account that a new person's id was derived from, else ('', '')."""
        return (f"a_{self._key.id}_{person[2:]}", "") if len(person) == 34 else ("", "")

    def _pseudonyms(self, accounts: Sequence[Account]) -> list[str]:
        found = [""] * len(accounts)
        for platform in {account.platform for account in accounts}:
            places = [i for i, account in enumerate(accounts) if account.platform == platform]
            ids = pl.Series([accounts[i].id.strip(AROUND_IDS) for i in places], dtype=pl.String)
            space = self._project.id_namespace(platform)
            for i, pseudonym in zip(places, account_pseudonym(ids, self._key, space), strict=True):
                found[i] = pseudonym
        return found


def _event_responses(
    batches: Sequence[EventBatch], events: pl.DataFrame, fresh: Sequence[bool], durable: bool = True
) -> list[EventsResponse]:
    accepted, repeated = [0] * len(batches), [0] * len(batches)
    for call, new in zip(events["call"].to_list(), fresh, strict=False):
        accepted[call] += new
        repeated[call] += not new
    return [
        EventsResponse(
            accepted=accepted[i],
            duplicates=repeated[i],
            rejected=sorted(batch.rejected, key=lambda r: r.index),
            durable=durable,
            took_ms=0.0,
        )
        for i, batch in enumerate(batches)
    ]


def _shown_list(result: RecommendResult, lookup: PersonLookup, variant: str, now: int) -> ShownList:
    named = bool(lookup.platform)  # else the call named a person, and the account is derived
    return ShownList(
        result.recommendation_id,
        now,
        lookup.account if named else None,
        lookup.platform if named else None,
        result.person,
        variant,
        result.model.name,
        result.model.version,
        result.items,
    )


def _platforms_of(known: PersonState, steps: Collection[str]) -> list[str]:
    return sorted({platform for _, platform in known.accounts if platform} | set(steps))
