"""The settings of an event log: its columns, times, event types and filters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PositiveInt,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)

from plait.config.project_sections import StrictModel
from plait.config.source_settings import SourceSettings
from plait.config.time_patterns import EPOCH_UNITS, check_time_pattern, check_zone
from plait.config.value_settings import Value, ValueVerbs, expand_value
from plait.contracts.event_types import EVENT_TYPES, TimeResolution

# A unit without a pattern's % is one of these words.
_UNIT_SCHEMA = {"anyOf": [{"enum": ["iso", *EPOCH_UNITS]}, {"type": "string", "pattern": "%"}]}
CreatorKind = Literal["accounts", "names"]
# The JSON schema lists the types. EventDialect rejects others, and suggests the nearest.
EventTypeName = Annotated[str, WithJsonSchema({"enum": list(EVENT_TYPES)})]
_Expression = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^\s*="})]


class Time(StrictModel):
    """How the log writes time."""

    unit: Annotated[str, WithJsonSchema(_UNIT_SCHEMA)] = Field(
        "iso",
        description="How a time is written: iso (ISO 8601); s, ms, us or ns since 1970 (UTC); or "
        "a pattern of strptime.",
        examples=["ms", "%m/%d/%Y %I:%M:%S %p"],
    )
    zone: str = Field(
        "UTC",
        description="The time zone of times that name none: an IANA name or an offset. A time "
        "that occurs twice is the earlier one, and a time that is skipped is moved forward.",
        examples=["Europe/Berlin", "+02:00"],
    )
    resolution: TimeResolution = Field(
        "us", description="The true resolution of the times.", examples=["day"]
    )

    @field_validator("unit")
    @classmethod
    def _check_unit(cls, value: str) -> str:
        if value in ("iso", *EPOCH_UNITS):
            return value
        if "%" not in value:
            msg = f"'{value}' is none of iso, {', '.join(EPOCH_UNITS)} and a pattern"
            raise ValueError(f"{msg} such as '%d.%m.%Y %H:%M'")
        check_time_pattern(value)
        return value

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        check_zone(value)
        return value


class TypeSettings(ValueVerbs):
    """Event types read from the log: by a value, or by flags, each of which is an event."""

    map: dict[str, EventTypeName | None] = Field(
        default_factory=dict,
        description="The log's type names, and the event type of each; null if such rows are not "
        "wanted, which are counted as removed. Default: the log uses plait's event types.",
        examples=[{"ORDER": "purchase", "WISHLIST": "save", "LOGIN": None}],
    )
    flags: dict[str, EventTypeName] | None = Field(
        None,
        min_length=1,
        description="Columns that are true or not zero if something happened, and its event type; "
        "every such column of a row is one event. With `optional`, some files may lack them. "
        "Default: another verb is used.",
        examples=[{"is_click": "click", "long_view": "watch"}],
    )
    ignore_case: bool = Field(
        default=False,
        description="Whether type names differ by upper and lower case.",
        examples=[True],
    )

    @model_validator(mode="after")
    def _check_sources(self) -> TypeSettings:
        if self.flags is None:
            super()._check_sources()  # type: ignore[operator]
        elif named := self.model_fields_set - {"flags", "optional"}:
            msg = f"flags stands alone, without {' and '.join(sorted(named))}"
            raise ValueError(msg)
        return self

    @model_serializer
    def _write_verbs(self) -> Any:
        """Returns the verbs that are set, or the type of all rows."""
        verbs = {name: getattr(self, name) for name in self.model_fields_set}
        return self.constant if verbs.keys() == {"constant"} else verbs

    @classmethod
    def source_verbs(cls) -> tuple[str, ...]:
        """Returns the verbs of which a type needs exactly one."""
        return (*super().source_verbs(), "flags")


def _expand_type(value: object) -> object:
    """Returns the verbs that a text stands for: an event type, or '= ' and an SQL expression."""
    if isinstance(value, str) and not value.lstrip().startswith("="):
        return {"constant": value}
    return expand_value(value)


def column_field(what: str, example: str) -> Any:
    """Returns the field of an optional column of a log or a catalogue."""
    return Field(
        None, description=f"The value of {what}. Default: there is none.", examples=[example]
    )


class EventColumns(StrictModel):
    """The value of each contract field: a column, a path, verbs, or '= ' and an SQL expression."""

    account: Value = Field(
        description="The value of the account id.",
        examples=["customer_id", {"first": ["user_id", "session_id"]}],
    )
    item: Value | None = column_field("the item id", "sku")
    topic: Value | None = column_field("the topic, if an event is about a topic", "hashtag")
    creator: Value | None = column_field("the creator, if an event is about a creator", "channel")
    query: Value | None = column_field("the text that was searched for", "search_term")
    time: Value | None = column_field("the time; needed unless `time: order`", "ts")
    order: Value | None = column_field(
        "the position in the source's own order, a whole number that breaks ties", "seq"
    )
    event_id: Value | None = column_field("the event id, unique within its account", "event_id")
    value: Value | None = column_field("the money that changed hands, in `currency`", "paid")
    currency: Value | None = column_field("the ISO 4217 currency code of `value`", "currency")
    dwell: Value | None = column_field("the attention given, in seconds", "secs")
    rating: Value | None = column_field("the rating, on the scale of `rating_scale`", "stars")
    session: Value | None = column_field("the session id", "session")


def _expand_order(value: object) -> object:
    return {"unit": "s", "resolution": "order"} if value == "order" else value


class RatingScale(StrictModel):
    """The ends of the rating scale; `worst` may be the larger number, as in some school grades."""

    worst: float = Field(1.0, description="The worst rating. Unit: points.", examples=[0])
    best: float = Field(
        5.0,
        description="The best rating; a `rate` event below the middle is a dislike. Unit: points.",
        examples=[10],
    )

    def model_post_init(self, _context: Any) -> None:
        """Rejects a scale whose ends are equal."""
        if self.worst == self.best:
            msg = "rating_scale needs two different ends, such as {worst: 0, best: 10}"
            raise ValueError(msg)


class Events(SourceSettings):
    """A platform's event log."""

    columns: EventColumns = Field(
        description="The value of each contract field.",
        examples=[{"account": "customer_id", "item": "sku", "time": "ts"}],
    )
    time: Annotated[
        Time, BeforeValidator(_expand_order, json_schema_input_type=Time | Literal["order"])
    ] = Field(
        default_factory=lambda: Time(unit="iso"),
        description="How times are written; 'order' if only the order is known, by "
        "`columns.order`, or else by the order of rows. Default: ISO 8601, exact to the "
        "microsecond.",
        examples=[{"unit": "s", "resolution": "s"}, "order"],
    )
    type: Annotated[
        TypeSettings,
        BeforeValidator(
            _expand_type, json_schema_input_type=EventTypeName | _Expression | TypeSettings
        ),
    ] = Field(
        description="One event type for all rows, or the value that holds it, such as '= ' and an "
        "SQL expression.",
        examples=["purchase", {"column": "action", "map": {"ORDER": "purchase"}}],
    )
    rating_scale: RatingScale = Field(
        default_factory=RatingScale,
        description="The ends of the rating scale. Default: 1 to 5.",
        examples=[{"worst": 0, "best": 10}],
    )
    creators: CreatorKind = Field(
        "names",
        description="What creators of this platform (and brands of its catalogue) are: names that "
        "anyone may read, or accounts, kept as pseudonyms. Default: accounts if kind is social, "
        "else names.",
        examples=["accounts"],
    )
    keep: str | None = Field(
        None,
        description="A filter on contract fields; rows that fail it are removed. Default: all rows "
        "are kept.",
        examples=["rating >= 3"],
    )
    k_core: PositiveInt | None = Field(
        None,
        description="Keep accounts and items with at least this many events, repeated until "
        "nothing changes. Unit: events. Default: all are kept.",
        examples=[5],
    )

    @model_validator(mode="after")
    def _check_time(self) -> Events:
        if self.time.resolution != "order" and self.columns.time is None:
            msg = "columns.time is missing; set 'time: order' if the log has no times"
            raise ValueError(msg)
        return self
