"""The HTTP messages about people: what is known of them, and the receipts of erasures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class KnownAccount(BaseModel):
    """One account of a person. Its raw id is not known to plait."""

    account: str = Field(description="the pseudonym")
    platform: str
    events: int = Field(description="events in the newest store version")
    first_time: str | None = Field(description="its first event in the store version, UTC")
    last_time: str | None = Field(description="its last event in the store version, UTC")
    consent: dict[str, bool] = Field(
        description="link, share and train: what it consented to in the store version; empty: it "
        "is not in it"
    )


class KnownPerson(BaseModel):
    """What is known of a person."""

    person_id: str
    platforms: list[str]
    accounts: list[KnownAccount]
    events: int = Field(description="events of all accounts in the store version")
    recent_events: int = Field(description="later item events, which no fuse has read")
    events_by_type: dict[str, int] = Field(description="of the store version, by event type")
    store_version: int = Field(description="the newest store version, which has these events")


class PlaceOfErasure(BaseModel):
    """How far an erasure is in one place."""

    state: Literal["done", "pending", "none"]
    at: str = Field(description="when it was done, UTC; '' while it is pending")
    what: str = Field(description="what was done, or what will do it")


class ErasureReceipt(BaseModel):
    """The receipt of an erasure. It names nobody."""

    id: str
    requested: str = Field(description="all up to this time is erased, UTC")
    accounts: int = Field(description="how many accounts were erased")
    by: str = Field(description="http or cli")
    version: int | None = Field(description="the first store version without the person")
    places: dict[str, PlaceOfErasure]
    done: bool = Field(description="whether nothing is pending")
