"""The settings of a platform's catalogue of items."""

from __future__ import annotations

from pydantic import Field

from plait.config.event_settings import Time, column_field
from plait.config.project_sections import StrictModel
from plait.config.source_settings import SourceSettings
from plait.config.value_settings import Value


class CatalogueColumns(StrictModel):
    """The value of each contract field of the catalogue, as in the columns of events."""

    item: Value = Field(description="The value of the item id.", examples=["sku"])
    title: Value | None = column_field("the title", "name")
    categories: Value | None = column_field("the categories, broad to narrow", "category")
    brand: Value | None = column_field("the brand, creator or publisher", "brand")
    price: Value | None = column_field("the price, in `currency`", "price")
    currency: Value | None = column_field("the ISO 4217 currency code of `price`", "currency")
    tags: Value | None = column_field("free tags", "keywords")
    vector: Value | None = column_field("a content embedding", "embedding")
    published: Value | None = column_field("the time at which the item was listed", "listed")
    length: Value | None = column_field(
        "the length in seconds, to which a dwell is relative", "secs"
    )


class CatalogueSettings(SourceSettings):
    """The catalogue of a platform's items."""

    columns: CatalogueColumns = Field(
        description="The value of each contract field.",
        examples=[{"item": "sku", "title": "name"}],
    )
    separator: str = Field(
        "|",
        description="The separator of categories, of tags and of the numbers of a vector, if one "
        "text has several.",
        examples=[";"],
    )
    merge: bool = Field(
        default=False,
        description="Whether the rows of an item complete each other, as where each row has one "
        "property of an item: of every field the newest value by `published`, which becomes the "
        "oldest. Default: of several rows of an item, the one with the most fields is used.",
        examples=[True],
    )
    time: Time = Field(
        default_factory=lambda: Time(unit="iso"),
        description="How `published` is written. Default: ISO 8601.",
        examples=[{"unit": "s"}],
    )
