"""The settings of one platform: its files, and the mapping of their columns to the contract."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, WithJsonSchema, model_validator

from plait.config.project_sections import StrictModel
from plait.config.strength_settings import StrengthSettings
from plait.contracts.event_types import EVENT_TYPES, PlatformKind, TimeResolution


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


# The JSON schema allows what may be written (one file or several), not only the parsed list.
_FilesAsWritten = Annotated[list[str], Field(min_length=1)] | str
FilePatterns = Annotated[
    list[str],
    BeforeValidator(_as_list, json_schema_input_type=_FilesAsWritten),
    Field(min_length=1),
]
FileFormat = Literal["csv", "jsonl", "parquet"]
CreatorKind = Literal["accounts", "names"]
# The JSON schema lists the types. EventDialect rejects others, and suggests the nearest.
EventTypeName = Annotated[str, WithJsonSchema({"enum": list(EVENT_TYPES)})]


class Time(StrictModel):
    """How the log writes time."""

    unit: Literal["s", "ms", "us", "iso"] = Field(
        "iso",
        description="How a time is written: seconds, milliseconds or microseconds since 1970 "
        "(UTC), or ISO 8601.",
        examples=["ms"],
    )
    resolution: TimeResolution = Field(
        "us", description="The true resolution of the times.", examples=["day"]
    )


class TypeColumn(StrictModel):
    """Event types read from a column."""

    column: str = Field(description="The column that holds the type.", examples=["action"])
    map: dict[str, EventTypeName] = Field(
        default_factory=dict,
        description="The log's type names, and the event type of each. Default: the log uses "
        "plait's event types.",
        examples=[{"ORDER": "purchase", "WISHLIST": "save"}],
    )


def _column(what: str, example: str) -> Any:
    """Returns the field of an optional column of a log or a catalogue."""
    return Field(
        None, description=f"The column of {what}. Default: there is none.", examples=[example]
    )


class EventColumns(StrictModel):
    """The column of the log for each contract field. Only `account` is always required."""

    account: str = Field(description="The column of the account id.", examples=["customer_id"])
    item: str | None = _column("the item id", "sku")
    topic: str | None = _column("the topic, if an event is about a topic", "hashtag")
    creator: str | None = _column("the creator, if an event is about a creator", "channel")
    query: str | None = _column("the text that was searched for", "search_term")
    time: str | None = _column("the time; needed unless `time: order`", "ts")
    order: str | None = _column(
        "the position in the source's own order, a whole number that breaks ties", "seq"
    )
    event_id: str | None = _column("the event id, unique within its account", "event_id")
    value: str | None = _column("the money that changed hands, in `currency`", "paid")
    currency: str | None = _column("the ISO 4217 currency code of `value`", "currency")
    dwell: str | None = _column("the attention given, in seconds", "secs")
    rating: str | None = _column("the rating, on the scale of `rating_scale`", "stars")
    session: str | None = _column("the session id", "session")


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


class Events(StrictModel):
    """A platform's event log."""

    files: FilePatterns = Field(
        description="Paths or globs, relative to the project file, or s3:// addresses or globs. A "
        "name that exists exactly as written is taken literally, stars and brackets included.",
        examples=["data/orders-*.csv.gz", ["s3://bucket/log/a.jsonl", "s3://bucket/log/b.jsonl"]],
    )
    format: FileFormat | None = Field(
        None, description="The format. Default: by the file's name.", examples=["jsonl"]
    )
    columns: EventColumns = Field(
        description="The column of each contract field.",
        examples=[{"account": "customer_id", "item": "sku", "time": "ts"}],
    )
    time: Annotated[
        Time, BeforeValidator(_expand_order, json_schema_input_type=Time | Literal["order"])
    ] = Field(
        default_factory=lambda: Time(unit="iso"),
        description="How times are written; 'order' if only the order is known. Default: ISO 8601, "
        "exact to the microsecond.",
        examples=[{"unit": "s", "resolution": "s"}, "order"],
    )
    type: EventTypeName | TypeColumn = Field(
        description="One event type for all rows, or the column that holds it.",
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


class CatalogueColumns(StrictModel):
    """The column of the catalogue for each contract field."""

    item: str = Field(description="The column of the item id.", examples=["sku"])
    title: str | None = _column("the title", "name")
    categories: str | None = _column("the categories, broad to narrow", "category")
    brand: str | None = _column("the brand, creator or publisher", "brand")
    price: str | None = _column("the price, in `currency`", "price")
    currency: str | None = _column("the ISO 4217 currency code of `price`", "currency")
    tags: str | None = _column("free tags", "keywords")
    vector: str | None = _column("a content embedding", "embedding")
    published: str | None = _column("the time at which the item was listed", "listed")


class CatalogueSettings(StrictModel):
    """The catalogue of a platform's items."""

    files: FilePatterns = Field(
        description="Paths or globs, as for events.files.", examples=["data/products.csv"]
    )
    format: FileFormat | None = Field(
        None, description="The format. Default: by the file's name.", examples=["csv"]
    )
    columns: CatalogueColumns = Field(
        description="The column of each contract field.",
        examples=[{"item": "sku", "title": "name"}],
    )
    separator: str = Field(
        "|",
        description="The separator of categories, of tags and of the numbers of a vector, if one "
        "text has several.",
        examples=[";"],
    )
    time: Time = Field(
        default_factory=lambda: Time(unit="iso"),
        description="How `published` is written. Default: ISO 8601.",
        examples=[{"unit": "s"}],
    )


class Accounts(StrictModel):
    """Account attributes that identify a person, such as the hash of an e-mail address."""

    files: FilePatterns = Field(
        description="Paths or globs, as for events.files.", examples=["data/customers.csv"]
    )
    format: FileFormat | None = Field(
        None, description="The format. Default: by the file's name.", examples=["csv"]
    )
    account: str = Field(description="The column of the account id.", examples=["customer_id"])
    keys: dict[str, str] = Field(
        min_length=1,
        description="Identity keys and the column that holds each.",
        examples=[{"email_hash": "email_sha256"}],
    )


class Platform(StrictModel):
    """One source with its own accounts."""

    kind: PlatformKind = Field(
        "other",
        description="The kind of platform. On a social platform, creators are accounts.",
        examples=["shop"],
    )
    events: Events = Field(
        description="The event log.",
        examples=[
            {
                "files": "data/orders-*.csv",
                "columns": {"account": "customer_id", "item": "sku", "time": "ts"},
                "type": "purchase",
            }
        ],
    )
    catalogue: CatalogueSettings | None = Field(
        None,
        description="The catalogue of items. Default: none; items are known only from events.",
        examples=[{"files": "data/products.csv", "columns": {"item": "sku", "title": "name"}}],
    )
    accounts: Accounts | None = Field(
        None,
        description="Attributes of accounts that identify a person. Default: there are none.",
        examples=[
            {
                "files": "data/customers.csv",
                "account": "customer_id",
                "keys": {"email_hash": "email_sha256"},
            }
        ],
    )

    strength: StrengthSettings = Field(
        StrengthSettings(),
        description="What the strength of an event is relative to.",
        examples=[{"dwell": True, "rating": True}],
    )

    @model_validator(mode="before")
    @classmethod
    def _default_creators(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("kind") == "social":
            events = value.get("events")
            if isinstance(events, dict):
                return value | {"events": {"creators": "accounts"} | events}
        return value

    def model_post_init(self, _context: Any) -> None:
        """Checks settings that depend on each other."""
        resolution, columns = self.events.time.resolution, self.events.columns
        if resolution == "order" and columns.order is None and columns.time is None:
            msg = "time: order needs events.columns.order (or time) to read the order from"
            raise ValueError(msg)
        if resolution != "order" and columns.time is None:
            msg = "events.columns.time is missing; set 'time: order' if the log has no times"
            raise ValueError(msg)
