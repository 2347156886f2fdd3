"""The HTTP messages of the endpoint: requests and responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from plait.contracts.event_types import EventType
from plait.contracts.id_rules import (
    CURRENCY_PATTERN,
    DATE_PREFIX_PATTERN,
    ID_PATTERN,
    ITEM_ID_PATTERN,
    MAX_ID_LENGTH,
    MAX_QUERY_LENGTH,
    MAX_WHO,
    MAX_WHY,
    PLATFORM_NAME_PATTERN,
)

MAX_K = 500
MAX_EVENTS = 500  # events per request of /v1/events
MAX_RANKED = 1000  # items per request of /v1/rank
MAX_BODY = 1_000_000  # bytes
MAX_LINKED, MAX_ON_PLATFORM = (
    50,
    5,
)  # accounts per person that links may join: in all, and on one platform

Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]
Who = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WHO, strip_whitespace=True)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WHY, strip_whitespace=True)]
PlatformName = Annotated[str, StringConstraints(pattern=PLATFORM_NAME_PATTERN)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=500)]
ItemId = Annotated[
    str,
    StringConstraints(max_length=MAX_ID_LENGTH + 65, pattern=ITEM_ID_PATTERN),
    Field(description="platform:id", examples=["shop:77"]),
]
Timestamp = Annotated[
    str,
    StringConstraints(max_length=40, pattern=DATE_PREFIX_PATTERN),
    Field(description="RFC 3339; UTC if no offset is given", examples=["2026-11-24T01:02:03Z"]),
]


UNIQUE = AfterValidator(lambda values: list(dict.fromkeys(values)))


PlatformNames = Annotated[list[PlatformName], Field(min_length=1, max_length=64), UNIQUE]


class StrictMessage(BaseModel):
    """A request body. Unknown fields and values of another JSON type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


OBJECT_FIELDS = ("item_id", "topic", "creator", "query")


def _required_strings(*names: str) -> dict[str, Any]:
    """Returns the JSON schema that requires the fields `names`, not null."""
    return {"required": [*names], "properties": {name: {"type": "string"} for name in names}}


class Account(StrictMessage):
    """One account on one platform, by the id that the platform uses."""

    platform: PlatformName = Field(examples=["shop"])
    id: Id = Field(examples=["u-17"])


class User(StrictMessage):
    """The user of a request: an account ({platform, id}) or a person ({person_id})."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_required_strings("platform", "id"), _required_strings("person_id")]
        }
    )

    platform: PlatformName | None = Field(None, examples=["shop"])
    id: Id | None = Field(None, examples=["u-17"])
    person_id: Id | None = Field(None, description="the id of the person, from a response")

    @model_validator(mode="after")
    def _one_form(self) -> User:
        account = self.platform is not None and self.id is not None
        named = self.platform is not None or self.id is not None
        if (self.person_id is None) != account or (self.person_id is not None and named):
            msg = "give either platform and id, or person_id"
            raise ValueError(msg)
        return self


class EventFields(StrictMessage):
    """One event. Exactly one of item_id, topic, creator and query is its object."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_required_strings(name) for name in OBJECT_FIELDS]}
    )

    event_id: Id | None = Field(
        None, description="events with the same id count once; send it to make retries safe"
    )
    type: EventType
    item_id: ItemId | None = None
    topic: Id | None = None
    creator: Id | None = None
    query: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUERY_LENGTH)] | None = (
        None
    )
    time: Timestamp | None = Field(None, description="when it happened; default: now")
    order: int | None = Field(
        None, ge=-(2**63), lt=2**63, description="position in the platform's own order; breaks ties"
    )
    value: float | None = Field(None, description="money that changed hands, in `currency`")
    currency: Annotated[str, StringConstraints(pattern=CURRENCY_PATTERN)] | None = None
    dwell_s: float | None = Field(None, ge=0, description="seconds of attention")
    rating: float | None = None
    session: Id | None = None
    recommendation_id: Id | None = Field(
        None, description="the recommendation that led to the event"
    )

    @model_validator(mode="after")
    def _one_object(self) -> Self:
        given = [name for name in OBJECT_FIELDS if getattr(self, name) is not None]
        if len(given) != 1:
            seen = " and ".join(given) if given else "none"
            raise PydanticCustomError(
                "one_object",
                "exactly one of item_id, topic, creator and query is what an event is about, "
                "not {seen}",
                {"seen": seen, "inside": given[1:2] or ["item_id"]},
            )
        return self


class Event(EventFields):
    """One event of one account."""

    user: Account


class InlineEvent(EventFields):
    """An event inside a recommend or rank request; `user` defaults to that of the request."""

    user: Account | None = None


class EventsRequest(StrictMessage):
    """Events to accept. Each is validated by itself."""

    events: list[Event] = Field(min_length=1, max_length=MAX_EVENTS)


class ScoringRequest(StrictMessage):
    """The common fields of recommend and rank requests."""

    user: User
    # Validation stops at the first bad event, because each may have one error per field.
    events: Annotated[list[InlineEvent], FailFast()] = Field(
        default_factory=list, max_length=MAX_EVENTS, description="the latest events, used at once"
    )
    record: bool = Field(False, description="also record `events`, as POST /v1/events does")
    explain: bool = Field(False, description="add the terms of each score")
    request_id: Id | None = Field(None, description="returned unchanged")


class RecommendRequest(ScoringRequest):
    """A request for the k best items."""

    k: int = Field(10, ge=1, le=MAX_K)
    platforms: PlatformNames | None = Field(
        None,
        description="the platforms to recommend from; the list alternates between them in this "
        "order; default: all; repeats count once",
    )
    exclude: Annotated[list[ItemId], Field(max_length=MAX_RANKED), UNIQUE] = Field(
        default_factory=list
    )
    seen: Literal["exclude", "allow"] = Field(
        "exclude", description="items that the person has interacted with"
    )


class RankRequest(ScoringRequest):
    """A request to rank the caller's items."""

    items: Annotated[list[ItemId], Field(min_length=1, max_length=MAX_RANKED), UNIQUE] = Field(
        description="repeats count once, at their first position"
    )


class LinkRequest(StrictMessage):
    """A statement that two accounts belong to one person."""

    accounts: list[Account] = Field(min_length=2, max_length=2)
    who: Who | None = Field(
        None, description="who says so; it stays in the identity log", examples=["support-7"]
    )
    why: Why | None = Field(
        None, description="the reason; it stays in the identity log", examples=["same invoice"]
    )
    dry_run: bool = Field(False, description="respond with what would happen, and write nothing")


class UnlinkRequest(LinkRequest):
    """A statement that two accounts do not belong to one person."""


class ConsentRequest(StrictMessage):
    """What an account consents to; a purpose that is not named stays as it is."""

    link: bool | None = Field(
        None, description="the account may be joined with accounts of other platforms"
    )
    share: bool | None = Field(None, description="other platforms may use its events")
    train: bool | None = Field(None, description="models may be trained on its events")
    who: Note | None = Field(None, description="who says so", examples=["ann@support"])
    why: Note | None = Field(None, description="why", examples=["withdrawn in the settings"])

    @model_validator(mode="after")
    def _some_purpose(self) -> ConsentRequest:
        if self.link is None and self.share is None and self.train is None:
            raise ValueError("needs at least one of link, share and train")
        return self


class Rejected(BaseModel):
    """Why one event was rejected."""

    index: int = Field(description="index in `events`, from 0")
    field: str
    error: str
    hint: str


class EventsResponse(BaseModel):
    """The result for the events of a request.

    Accepted events are on disk, unless `durable` is false. Events inside a recommend or rank
    request are recorded only with `record: true`. Otherwise they affect only that response.
    """

    accepted: int = Field(description="new events that were accepted")
    duplicates: int = Field(
        description="events that were accepted before, by event_id or content, as far as live "
        "state knows; while it is down, a repeat counts as accepted, and the next fuse keeps one"
    )
    rejected: list[Rejected]
    recorded: bool = Field(True, description="whether the accepted events are recorded")
    durable: bool = Field(
        True,
        description="false: Valkey may lose accepted events, and the endpoint is configured to "
        "allow that (live_state_durability: best_effort)",
    )
    took_ms: float


class ModelName(BaseModel):
    """The model that computed the response."""

    name: str
    version: str


class Person(BaseModel):
    """The person behind the user."""

    person_id: str
    platforms: list[str]
    state: Literal["warm", "new"] = Field(description="new: the person has no known history")


class Item(BaseModel):
    """One item of a response. Scores are comparable within a platform; higher is better."""

    item_id: str
    platform: str
    position: int
    score: float | None
    title: str | None = None
    terms: dict[str, float] | None = Field(None, description="their sum is the score")
    known: bool | None = Field(None, description="rank only: false, if the model has no such item")


ListReason = Literal[
    "unknown_person",
    "no_known_items",
    "no_consent",
    "state_unavailable",
    "state_loading",
    "all_excluded",
    "nothing_left",
    "few_left",
    "unknown_items",
]


class RecommendResponse(BaseModel):
    """The list, and the reason if it is generic or empty.

    A list over several platforms alternates between them: the best item of each platform, then the
    second best of each, and so on. The order of platforms is that of `platforms`, else the model's.
    """

    recommendation_id: str
    request_id: str | None = None
    model: ModelName
    person: Person
    items: list[Item]
    events: EventsResponse | None = None
    fallback: ListReason | None = Field(
        description="why the list has popular items instead of personal ones (unknown_person, "
        "no_known_items, no_consent), was made without live state or while it is loaded "
        "(state_unavailable, state_loading), or is empty (all_excluded, nothing_left); else null"
    )
    reasons: dict[str, ListReason | None] = Field(
        description="the same for each requested platform. all_excluded: `exclude` has all "
        "remaining items; nothing_left: the person has had every item; few_left: the list is "
        "personal, but shorter than k, because no more items remain; unknown_items: rank only, "
        "the model knows none of the platform's items; no_consent: the person's events may be "
        "used on their own platform only"
    )
    took_ms: float


class ConsentResponse(BaseModel):
    """When a statement of consent takes effect. It is on disk."""

    withdrawn: list[str] = Field(description="purposes that were withdrawn")
    granted: list[str] = Field(description="purposes that were granted")
    effective: Literal["now", "next_fuse"] = Field(
        description="now: link or share was withdrawn, and the next answer uses no event on "
        "another platform than its own; next_fuse: the next fuse uses what was said"
    )


class LinkResponse(BaseModel):
    """The person that both accounts belong to; in a dry run, the one that they would belong to."""

    person_id: str
    merged: list[str] = Field(description="person ids that were retired")
    effect: Literal["merged", "same_person"] = Field(
        description="merged: two persons became one; same_person: the accounts were one person "
        "already, and stay so while this link stands"
    )
    dry_run: bool = Field(False, description="whether nothing was written")


class UnlinkResponse(BaseModel):
    """The persons that the accounts belong to, and when they are separated."""

    person_ids: list[str] = Field(description="of each account, in the order of `accounts`")
    effective: Literal["now", "next_fuse"] = Field(
        description="now: they are two persons; next_fuse: a fuse or other links have joined them, "
        "and the next fuse separates them"
    )
    dry_run: bool = Field(False, description="whether nothing was written")


class ErrorDetail(BaseModel):
    """One error in a request."""

    loc: list[str | int]
    msg: str
    hint: str


class Problem(BaseModel):
    """An error in the format of RFC 9457 (application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ErrorDetail] = []

    def body(self) -> dict[str, Any]:
        """Returns the JSON object."""
        return self.model_dump()
