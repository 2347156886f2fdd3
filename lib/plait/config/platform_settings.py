"""One platform's logs: where the files are and how their columns map to the contract."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, WithJsonSchema, model_validator

from plait.config.project_sections import StrictModel
from plait.contracts.event_types import EVENT_TYPES, PlatformKind, TimeResolution


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


# The schema says what may be written, one file or several, and not only what is made of it.
_FilesAsWritten = Annotated[list[str], Field(min_length=1)] | str
FilePatterns = Annotated[
    list[str],
    BeforeValidator(_as_list, json_schema_input_type=_FilesAsWritten),
    Field(min_length=1),
]
FileFormat = Literal["csv", "jsonl", "parquet"]
CreatorKind = Literal["accounts", "names"]
# The schema knows the words; EventRules refuses another one with the nearest.
EventTypeName = Annotated[str, WithJsonSchema({"enum": list(EVENT_TYPES)})]


class Time(StrictModel):
    """How the log writes time."""

    unit: Literal["s", "ms", "us", "iso"] = Field("iso", description="epoch unit, or ISO 8601")
    resolution: TimeResolution = Field("us", description="how fine the times really are")


class TypeColumn(StrictModel):
    """Event types read from a column."""

    column: str
    map: dict[str, EventTypeName] = Field(
        default_factory=dict, description="the log's words to plait's event vocabulary"
    )


class EventColumns(StrictModel):
    """Contract field: column of the log. Only `account` is always needed."""

    account: str
    item: str | None = None
    topic: str | None = None
    creator: str | None = None
    query: str | None = None
    time: str | None = None
    order: str | None = None
    event_id: str | None = None
    value: str | None = None
    currency: str | None = None
    dwell: str | None = Field(None, description="seconds of attention")
    rating: str | None = None
    session: str | None = None


def _expand_order(value: object) -> object:
    return {"unit": "s", "resolution": "order"} if value == "order" else value


class RatingScale(StrictModel):
    """What ratings run from and to; `worst` may be the larger number, as in some school grades."""

    worst: float = Field(1.0, description="the worst rating there is")
    best: float = Field(5.0, description="the best; below the middle a `rate` event is a dislike")

    def model_post_init(self, _context: Any) -> None:
        """Refuses a scale of one point."""
        if self.worst == self.best:
            msg = "rating_scale needs two different ends, such as {worst: 0, best: 10}"
            raise ValueError(msg)


class Events(StrictModel):
    """A platform's event log."""

    files: FilePatterns = Field(
        description="paths or globs, relative to the project file, or s3:// addresses or globs; a "
        "name that exists as it is written is meant as it is written, stars and brackets too"
    )
    format: FileFormat | None = Field(None, description="default: from the file's name")
    columns: EventColumns
    time: Annotated[
        Time, BeforeValidator(_expand_order, json_schema_input_type=Time | Literal["order"])
    ] = Field(
        default_factory=lambda: Time(unit="iso"), description="'order' if only the order is known"
    )
    type: EventTypeName | TypeColumn = Field(description="one event type for all rows, or a column")
    rating_scale: RatingScale = Field(default_factory=RatingScale)
    creators: CreatorKind = Field(
        "names",
        description="what creators of this platform (and brands of its catalogue) are: names that "
        "anyone may read, or accounts, kept as pseudonyms; default: accounts if kind is social",
    )
    keep: str | None = Field(None, description="filter on contract fields, such as rating >= 3")
    k_core: PositiveInt | None = Field(
        None, description="keep accounts and items with at least k events, repeated until stable"
    )


class CatalogueColumns(StrictModel):
    """Contract field: column of the catalogue."""

    item: str
    title: str | None = None
    categories: str | None = None
    brand: str | None = None
    price: str | None = None
    currency: str | None = None
    tags: str | None = None
    vector: str | None = None
    published: str | None = None


class CatalogueSettings(StrictModel):
    """A platform's items."""

    files: FilePatterns
    format: FileFormat | None = None
    columns: CatalogueColumns
    separator: str = Field("|", description="splits categories, tags and vectors held in text")
    time: Time = Field(default_factory=lambda: Time(unit="iso"))


class Accounts(StrictModel):
    """Account attributes that identify a person, such as the hash of an e-mail address."""

    files: FilePatterns
    format: FileFormat | None = None
    account: str = Field(description="column with the account id")
    keys: dict[str, str] = Field(
        min_length=1, description="identity key, such as email_hash: the column that holds it"
    )


class Platform(StrictModel):
    """One source with its own accounts."""

    kind: PlatformKind = "other"
    events: Events
    catalogue: CatalogueSettings | None = None
    accounts: Accounts | None = None

    @model_validator(mode="before")
    @classmethod
    def _creators(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("kind") == "social":
            events = value.get("events")
            if isinstance(events, dict):
                return value | {"events": {"creators": "accounts"} | events}
        return value

    def model_post_init(self, _context: Any) -> None:
        """Checks what needs several fields at once."""
        resolution, columns = self.events.time.resolution, self.events.columns
        if resolution == "order" and columns.order is None and columns.time is None:
            msg = "time: order needs events.columns.order (or time) to read the order from"
            raise ValueError(msg)
        if resolution != "order" and columns.time is None:
            msg = "events.columns.time is missing; say 'time: order' if the log has no times"
            raise ValueError(msg)
