"""Validates events as clients send them, and turns them into FEEDBACK rows, in batches of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import polars as pl
from pydantic import FailFast, TypeAdapter, ValidationError

from plait.clean.clean_events import clean_events
from plait.clean.event_dialect import EventDialect
from plait.config import Project
from plait.contracts.event_rows import FEEDBACK_EVENTS, RAW_SCHEMA
from plait.contracts.http_messages import MAX_EVENTS, Event, InlineEvent, Rejected, User
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import nearest
from plait.identity.id_spaces import home_account, home_platform
from plait.privacy.pseudonym import PseudonymKey
from plait.serving.problems import field_problem
from plait.serving.request_body import MAX_ERRORS, error_details, unknown_field_error
from plait.serving.unknown_fields import find_unknown_fields

_EVENTS = TypeAdapter(Annotated[list[Event], FailFast()])

_SENT_SCHEMA: dict[str, Any] = {
    "event_id": pl.String(),
    "type": pl.String(),
    "item_id": pl.String(),
    "topic": pl.String(),
    "creator": pl.String(),
    "query": pl.String(),
    "time": pl.String(),
    "order": pl.Int64(),
    "value": pl.Float64(),
    "currency": pl.String(),
    "dwell_s": pl.Float64(),
    "rating": pl.Float64(),
    "session": pl.String(),
    "recommendation_id": pl.String(),
    "user": pl.Struct({"platform": pl.String(), "id": pl.String()}),
}
_NO_EVENTS = pl.DataFrame(schema={**FEEDBACK_EVENTS, "call": pl.Int64(), "index": pl.Int64()})
_FIELDS = {"account": "user.id", "item": "item_id", "dwell": "dwell_s"}
_REASONS = {
    "null_item": ("it has no object", "Name its object: item_id, topic, creator or query."),
    "null_object": ("it has no object", "Name its object: item_id, topic, creator or query."),
    "bad_time": ("it is not a time", "Send RFC 3339, such as 2026-11-24T01:02:03Z."),
    "future_time": ("it is more than a day ahead", "Send UTC, or the offset; check the clock."),
    "ancient_time": ("it is before 1990", "Send RFC 3339, such as 2026-11-24T01:02:03Z."),
    "bad_id": ("it is not an id", "Ids have 1 to 512 characters and no control characters."),
    "null_account": ("it is blank", "Name the account."),
    "nested_value": ("it is a JSON object or list", "Send the id alone."),
    "long_dwell": ("it is more than a day", "Send seconds, at most 86,400."),
    "bad_query": ("it is too long", "At most 2,000 characters."),
}


@dataclass
class EventBatch:
    """The events of one call: the well-formed ones in `good`, the others in `rejected`.

    Attributes:
        rejected: the rejections: malformed events first, then events that fail a check.
        good: (index in the call, event) of each well-formed event.
        received: the time for events that have none. It is fixed, so that checking a batch again
            gives the same rows.
    """

    rejected: list[Rejected] = field(default_factory=list)
    valid: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    received: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._shapeless = len(self.rejected)

    def reset_checks(self) -> None:
        """Resets `rejected` to what it was when the batch was created."""
        del self.rejected[self._shapeless :]


def validate_events(events: Sequence[Any]) -> EventBatch:
    """Returns which of `events` are well-formed, and what is wrong with the others."""
    strange = [next(find_unknown_fields(event, Event), None) for event in events]
    if not any(strange):
        try:
            return EventBatch(valid=list(enumerate(_dump_events(events))))
        except ValidationError:
            pass
    rejected: list[Rejected] = []
    good: list[tuple[int, Mapping[str, Any]]] = []
    suggested = 0
    for index, (event, place) in enumerate(zip(events, strange, strict=True)):
        try:
            if place is None:
                good.append((index, _dump_events([event])[0]))
                continue
            suggested += 1
            fault = unknown_field_error(place, Event, suggest=suggested <= MAX_ERRORS)
        except ValidationError as error:
            (fault,) = error_details(error, Event, limit=1, skip=1)
        name = ".".join(str(step) for step in fault.loc) or "the event"
        rejected.append(Rejected(index=index, field=name, error=fault.msg, hint=fault.hint))
    return EventBatch(rejected, good)


def _dump_events(events: Sequence[Any]) -> list[dict[str, Any]]:
    """Returns `events` as dicts without nulls, with integers converted to their fields' types.

    Raises:
        ValidationError: an event is malformed; the error is that of the first.
    """
    sent: list[dict[str, Any]] = _EVENTS.dump_python(
        _EVENTS.validate_python(events), exclude_none=True
    )
    return sent


def validate_inline_events(events: Sequence[InlineEvent], user: User) -> EventBatch:
    """Returns the events sent within a call of `user`. An event without a user is this user's.

    Raises:
        ProblemError: `user` names a person, and an event does not name an account.
    """
    own = None if user.person_id else {"platform": user.platform, "id": user.id}
    good: list[tuple[int, Mapping[str, Any]]] = []
    for i, event in enumerate(events):
        sent = event.model_dump(exclude_none=True)
        sent.setdefault("user", own)
        if sent["user"] is None:
            hint = "Name the account, as `user` is a person."
            raise field_problem(f"events.{i}.user", "missing", hint)
        good.append((i, sent))
    return EventBatch(valid=good)


def clean_batches(
    batches: Sequence[EventBatch], project: Project, key: PseudonymKey
) -> pl.DataFrame:
    """Returns the FEEDBACK rows of all valid events, with `call` and `index` columns.

    Args:
        batches: one per call. Events that fail a check are added to its `rejected`.
        project: defines the platforms that events may name.
        key: the pseudonym key.
    """
    for batch in batches:
        batch.reset_checks()
    if not any(b.valid for b in batches):
        return _NO_EVENTS
    now = datetime.now(UTC)
    sent = pl.from_dicts([e for b in batches for _, e in b.valid], schema=_SENT_SCHEMA)
    # Events without a time get the time of receipt, in the order in which they were sent.
    times = [
        (b.received - timedelta(microseconds=MAX_EVENTS - i)).isoformat()
        for b in batches
        for i, _ in b.valid
    ]
    rows = sent.with_columns(
        pl.Series("call", [c for c, b in enumerate(batches) for _ in b.valid], pl.Int64),
        pl.Series("index", [i for b in batches for i, _ in b.valid], pl.Int64),
        pl.col("user").struct.field("platform").alias("platform"),
        pl.col("user").struct.field("id").alias("account"),
        pl.col("time").fill_null(pl.Series(times)),
    ).with_row_index("row")
    known = pl.col("platform").is_in(list(project.platforms))
    unconfigured = rows.filter(~known).partition_by("platform", as_dict=True, maintain_order=True)
    for number, ((name,), part) in enumerate(unconfigured.items()):
        hint = nearest(str(name) if number < MAX_ERRORS else "", project.platforms)
        _reject(batches, part, "user.platform", "no such platform", hint)
    parts = []
    for (name,), part in rows.filter(known).partition_by("platform", as_dict=True).items():
        platform = str(name)
        other = ~pl.col("item_id").str.starts_with(f"{platform}:").fill_null(True)
        strays = part.filter(other)
        if strays.height:
            hint = f"Item ids are platform:id, here {platform}:..., as of the event's user."
            _reject(batches, strays, "item_id", "it is an item of another platform", hint)
            part = part.filter(~other)
        parts.append(_clean_platform(batches, part, platform, project, key, now))
    events = pl.concat([part for part in parts if part.height] or [_NO_EVENTS])
    return _limit_to_receipt(events, [batch.received for batch in batches])


def _limit_to_receipt(events: pl.DataFrame, received: Sequence[datetime]) -> pl.DataFrame:
    """Returns `events` with times in the future set to the receipt of their call.

    They stay in the order of their times, just before the call's events without a time.
    """
    if events["stamped"].null_count() == events.height:
        return events
    came = pl.Series("came", received, pl.Datetime("us", "UTC")).gather(events["call"])
    place = 2 * MAX_EVENTS + 1 - pl.col("stamped").rank("ordinal").over("call").cast(pl.Int64)
    taken = came - events.select(pl.duration(microseconds=place)).to_series()
    return events.with_columns(
        time=pl.when(pl.col("stamped").is_null()).then("time").otherwise(taken)
    )


def _clean_platform(
    batches: Sequence[EventBatch],
    part: pl.DataFrame,
    platform: str,
    project: Project,
    key: PseudonymKey,
    now: datetime,
) -> pl.DataFrame:
    raw = part.select(
        pl.col("row").cast(pl.Int64),
        pl.col("item_id").str.slice(len(platform) + 1).alias("item"),
        pl.col("dwell_s").alias("dwell"),
        *(name for name in RAW_SCHEMA if name in part.columns and name != "row"),
    ).select(pl.col(name).cast(kind) for name, kind in RAW_SCHEMA.items())
    events, faults = clean_events(
        raw, platform, EventDialect.spoken(project.platforms[platform]), key, now
    )
    if faults.height:
        of = part.select(pl.col("row").cast(pl.Int64), "call", "index")
        for (reason, name), some in (
            faults.join(of, on="row")
            .partition_by("reason", "field", as_dict=True, maintain_order=True)
            .items()
        ):
            why, hint = _REASONS.get(str(reason), (str(reason).replace("_", " "), "See /docs."))
            _reject(batches, some, _FIELDS.get(str(name), str(name)), why, hint)
        part = part.filter(~pl.col("row").is_in(faults["row"].implode()))
    home: pl.Series | pl.Expr = pl.lit(None, pl.String)
    if home_platform(project, platform):
        home = home_account(part["account"].str.strip_chars(AROUND_IDS), key, project, platform)
    more = part.select(home.alias("home"), "call", "index")
    events = events.with_columns(part["recommendation_id"])
    return pl.concat([events, more], how="horizontal")


def _reject(
    batches: Sequence[EventBatch], rows: pl.DataFrame, name: str, error: str, hint: str
) -> None:
    for call, index in rows.select("call", "index").iter_rows():
        batches[call].rejected.append(Rejected(index=index, field=name, error=error, hint=hint))
