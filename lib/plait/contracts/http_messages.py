"""The messages of the endpoint: what a client sends and what it gets back."""

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
    PLATFORM_NAME_PATTERN,
)

MAX_K = 500
MAX_EVENTS = 500  # a call of /v1/events
MAX_RANKED = 1000  # items a call of /v1/rank
MAX_BODY = 1_000_000  # bytes
MAX_LINKED, MAX_ON_PLATFORM = 50, 5  # accounts that links may give one person; on one platform

Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH, pattern=ID_PATTERN)]
PlatformName = Annotated[str, StringConstraints(pattern=PLATFORM_NAME_PATTERN)]
ItemId = Annotated[
    str,
    StringConstraints(max_length=MAX_ID_LENGTH + 65, pattern=ITEM_ID_PATTERN),
    Field(description="platform:id", examples=["shop:77"]),
]
Timestamp = Annotated[
    str,
    StringConstraints(max_length=40, pattern=DATE_PREFIX_PATTERN),
    Field(description="RFC 3339; UTC where no offset is given", examples=["2026-11-24T01:02:03Z"]),
]


UNIQUE = AfterValidator(lambda values: list(dict.fromkeys(values)))


PlatformNames = Annotated[list[PlatformName], Field(min_length=1, max_length=64), UNIQUE]


class StrictMessage(BaseModel):
    """A body: unknown fields are errors, and so are values of another JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


OBJECT_FIELDS = ("item_id", "topic", "creator", "query")


def _required_strings(*names: str) -> dict[str, Any]:
    """Returns the JSON schema that says: these are given, and not as null."""
    return {"required": [*names], "properties": {name: {"type": "string"} for name in names}}


class Account(StrictMessage):
    """One user on one platform, under the id that the platform uses."""

    platform: PlatformName = Field(examples=["shop"])
    id: Id = Field(examples=["u-17"])


class User(StrictMessage):
    """Whom to answer: an account ({platform, id}) or a person ({person_id})."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_required_strings("platform", "id"), _required_strings("person_id")]
        }
    )

    platform: PlatformName | None = Field(None, examples=["shop"])
    id: Id | None = Field(None, examples=["u-17"])
    person_id: Id | None = Field(None, description="the unified user, as answers name it")

    @model_validator(mode="after")
    def _one_form(self) -> User:
        account = self.platform is not None and self.id is not None
        named = self.platform is not None or self.id is not None
        if (self.person_id is None) != account or (self.person_id is not None and named):
            msg = "give either platform and id, or person_id"
            raise ValueError(msg)
        return self


class EventFields(StrictMessage):
    """One thing someone did; exactly one of item_id, topic, creator and query is its object."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_required_strings(name) for name in OBJECT_FIELDS]}
    )

    event_id: Id | None = Field(None, description="repeats of it are one event; send it to retry")
    type: EventType
    item_id: ItemId | None = None
    topic: Id | None = None
    creator: Id | None = None
    query: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUERY_LENGTH)] | None = (
        None
    )
    time: Timestamp | None = Field(None, description="when it happened; default: now")
    order: int | None = Field(
        None, ge=-(2**63), lt=2**63, description="place in the platform's own order; breaks ties"
    )
    value: float | None = Field(None, description="money that changed hands, in `currency`")
    currency: Annotated[str, StringConstraints(pattern=CURRENCY_PATTERN)] | None = None
    dwell_s: float | None = Field(None, ge=0, description="seconds of attention")
    rating: float | None = None
    session: Id | None = None
    recommendation_id: Id | None = Field(None, description="the answer that led to it")

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
    """One thing one account did."""

    user: Account


class InlineEvent(EventFields):
    """An event inside a recommend or rank call; its user is the call's, unless said."""

    user: Account | None = None


class EventsRequest(StrictMessage):
    """Events to take in; each is judged by itself."""

    events: list[Event] = Field(min_length=1, max_length=MAX_EVENTS)


class ScoringRequest(StrictMessage):
    """What recommend and rank calls share."""

    user: User
    # One bad event spares the others: each could have an error a field.
    events: Annotated[list[InlineEvent], FailFast()] = Field(
        default_factory=list, max_length=MAX_EVENTS, description="freshest behaviour, used at once"
    )
    record: bool = Field(False, description="also keep `events`, as POST /v1/events would")
    explain: bool = Field(False, description="add the terms that make each score")
    request_id: Id | None = Field(None, description="returned as it came")


class RecommendRequest(ScoringRequest):
    """Ask for the k best items."""

    k: int = Field(10, ge=1, le=MAX_K)
    platforms: PlatformNames | None = Field(
        None,
        description="what to recommend from, in the order in which the list takes turns; default: "
        "all; repeats count once",
    )
    exclude: Annotated[list[ItemId], Field(max_length=MAX_RANKED), UNIQUE] = Field(
        default_factory=list
    )
    seen: Literal["exclude", "allow"] = Field("exclude", description="items the person has had")


class RankRequest(ScoringRequest):
    """Put the caller's own items in order."""

    items: Annotated[list[ItemId], Field(min_length=1, max_length=MAX_RANKED), UNIQUE] = Field(
        description="repeats count once, where they come first"
    )


class LinkRequest(StrictMessage):
    """Say that two accounts are one person's."""

    accounts: list[Account] = Field(min_length=2, max_length=2)


class UnlinkRequest(LinkRequest):
    """Say that two accounts are not one person's."""


class Rejected(BaseModel):
    """Why one event was not taken."""

    index: int = Field(description="place in `events`, from 0")
    field: str
    error: str
    hint: str


class EventsResponse(BaseModel):
    """What became of the events.

    Accepted ones are on disk unless `durable` is false; those inside a recommend or rank call are
    kept only with `record: true`, else they counted for that answer alone.
    """

    accepted: int = Field(description="taken and new")
    duplicates: int = Field(
        description="taken before, by their event_id or their content, as far as live state knows: "
        "while it is down a repeat counts as accepted, and the next fuse keeps one"
    )
    rejected: list[Rejected]
    recorded: bool = Field(True, description="whether what was accepted is kept")
    durable: bool = Field(
        True,
        description="false: live state's Valkey is one that may lose what it took, and the "
        "endpoint was told to accept that (live_state_durability: best_effort)",
    )
    took_ms: float


class ModelName(BaseModel):
    """The model that answered."""

    name: str
    version: str


class Person(BaseModel):
    """The person behind the user."""

    person_id: str
    platforms: list[str]
    state: Literal["warm", "new"] = Field(description="new: no history is known")


class Item(BaseModel):
    """One item of an answer. Scores compare within a platform; higher is better."""

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
    "state_unavailable",
    "state_loading",
    "all_excluded",
    "nothing_left",
    "few_left",
    "unknown_items",
]


class RecommendResponse(BaseModel):
    """The list, and why it is generic or empty if it is.

    A list over several platforms takes turns: the best of the first platform, of the second, and
    so on, then the second best; in the order of `platforms`, else in the model's.
    """

    recommendation_id: str
    request_id: str | None = None
    model: ModelName
    person: Person
    items: list[Item]
    events: EventsResponse | None = None
    fallback: ListReason | None = Field(
        description="why the list is popular instead of the person's own (unknown_person, "
        "no_known_items), made without live state or while it is loaded (state_unavailable, "
        "state_loading), or empty (all_excluded, "
        "nothing_left); else null"
    )
    reasons: dict[str, ListReason | None] = Field(
        description="the same for each platform that was asked for. all_excluded: `exclude` names "
        "what was left; nothing_left: the person has had every item; few_left: the list is their "
        "own and shorter than k, as there is no more; unknown_items: rank only, the model knows "
        "none of the platform's items"
    )
    took_ms: float


class LinkResponse(BaseModel):
    """The person that both accounts now belong to."""

    person_id: str
    merged: list[str] = Field(description="person ids that were retired")


class UnlinkResponse(BaseModel):
    """The persons that the accounts belong to, and when they are apart."""

    person_ids: list[str] = Field(description="of each account, in the order of `accounts`")
    effective: Literal["now", "next_fuse", "still_joined"] = Field(
        description="now: they are two persons; next_fuse: a fuse has joined them, and the next "
        "one parts them unless something else joins them; still_joined: other links join them, "
        "unlink those too"
    )


class ErrorDetail(BaseModel):
    """One thing wrong with a request."""

    loc: list[str | int]
    msg: str
    hint: str


class Problem(BaseModel):
    """An error, as RFC 9457 writes it (application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ErrorDetail] = []

    def body(self) -> dict[str, Any]:
        """Returns the JSON object."""
        return self.model_dump()
