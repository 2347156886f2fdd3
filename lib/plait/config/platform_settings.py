"""The settings of one platform: its event log, its catalogue and its account attributes."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, ConfigDict, Field, field_serializer, model_validator

from plait.config.catalogue_settings import CatalogueSettings
from plait.config.consent_settings import ConsentSettings
from plait.config.denoise_settings import DenoiseSettings
from plait.config.event_settings import CreatorKind, Events, RatingScale, Time
from plait.config.project_sections import StrictModel
from plait.config.source_settings import SourceSettings
from plait.config.strength_settings import StrengthSettings
from plait.config.value_settings import Value
from plait.contracts.event_types import PlatformKind
from plait.contracts.id_rules import COUNTRY_PATTERN


class Accounts(SourceSettings):
    """Account attributes that identify a person, such as the hash of an e-mail address."""

    account: Value = Field(description="The value of the account id.", examples=["customer_id"])
    keys: dict[str, Value] = Field(
        default_factory=dict,
        description="Identity keys and the value of each. Default: none; the accounts are joined "
        "by the other rules of `people` alone.",
        examples=[{"email_hash": "email_sha256"}],
    )
    seen: Value | None = Field(
        None,
        description="The time at which the account was seen with the values of its keys. It is "
        "needed for people.keys.NAME.window_days. Default: it is not known.",
        examples=["updated_at"],
    )
    time: Time = Field(
        default_factory=Time,
        description="How `seen` is written. Default: ISO 8601.",
        examples=[{"unit": "s"}],
    )


def _as_names(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_dialects(value: object) -> object:
    """Returns the list of logs; an empty list is an error, and no setting means no log."""
    if value is None:
        return []
    if value == []:
        msg = "names no log; leave `events` out if the platform has none"
        raise ValueError(msg)
    return value if isinstance(value, list) else [value]


class Platform(StrictModel):
    """One source with its own accounts."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["events"]}, {"required": ["accounts"]}]}
    )

    kind: PlatformKind = Field(
        "other",
        description="The kind of platform. On a social platform, creators are accounts.",
        examples=["shop"],
    )
    country: str | None = Field(
        None,
        pattern=COUNTRY_PATTERN,
        description="The country whose national phone numbers its accounts have, ISO 3166 alpha-2. "
        "Default: none; numbers without a country code identify nobody.",
        examples=["DE"],
    )
    renamed_from: Annotated[
        list[str] | None, BeforeValidator(_as_names, json_schema_input_type=str | list[str])
    ] = Field(
        None,
        description="The former name of the platform, or all of them, the oldest first. Its "
        "accounts, people and events stay. Default: it was never renamed.",
        examples=["clips"],
    )
    events: Annotated[
        list[Events],
        BeforeValidator(_as_dialects, json_schema_input_type=Events | list[Events] | None),
    ] = Field(
        default_factory=list,
        description="The event log, or a list of logs, for a log whose format changed or that has "
        "several parts. One of them may set `creators`, `rating_scale`, `keep` and `k_core` "
        "for all. Default: none; the platform has only records of accounts, to be linked.",
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

    consent: ConsentSettings | None = Field(
        None,
        description="What accounts consent to. Default: an account that says nothing consents to "
        "everything.",
        examples=[
            {
                "logs": {
                    "files": "data/consents.csv",
                    "columns": {"account": "customer_id", "time": "at", "all": "consent"},
                }
            }
        ],
    )
    denoise: DenoiseSettings = Field(
        default_factory=DenoiseSettings,
        description="Which events are noise and are removed. Default: double clicks and bots.",
        examples=[{"near_duplicate_seconds": 10, "bots": {"remove": False}}],
    )
    strength: StrengthSettings = Field(
        default_factory=StrengthSettings,
        description="What the strength of an event is relative to. Default: its type alone.",
        examples=[{"dwell": True, "rating": True}],
    )

    @property
    def first_name(self) -> str | None:
        """The first name of the platform; null if it was never renamed."""
        return self.renamed_from[0] if self.renamed_from else None

    @property
    def creators(self) -> CreatorKind:
        """What creators of the platform are: accounts or names."""
        told: CreatorKind | None = self._shared("creators")
        return told or ("accounts" if self.kind == "social" else "names")

    @property
    def rating_scale(self) -> RatingScale:
        """The ends of the platform's rating scale."""
        return self._shared("rating_scale") or RatingScale()

    @property
    def keep(self) -> str | None:
        """The filter on contract fields; null if all rows are kept."""
        return cast("str | None", self._shared("keep"))

    @property
    def k_core(self) -> int | None:
        """The k of the platform's k-core, in events; null if all are kept."""
        return cast("int | None", self._shared("k_core"))

    def _shared(self, name: str) -> Any:
        """Returns the setting that the logs share; null if none of them sets it."""
        return next((getattr(e, name) for e in self.events if name in e.model_fields_set), None)

    @model_validator(mode="after")
    def _check_sources(self) -> Platform:
        if not self.events and self.accounts is None:
            msg = "has neither events nor accounts; set at least one of them"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _check_dialects(self) -> Platform:
        for name in ("creators", "keep", "k_core", "rating_scale"):
            told = {getattr(e, name) for e in self.events if name in e.model_fields_set}
            if len(told) > 1:
                values = " and ".join(sorted(map(str, told)))
                msg = f"the logs of a platform share {name}, and it is set to {values}"
                raise ValueError(msg)
        return self

    @field_serializer("events")
    def _write_events(self, events: list[Events]) -> list[Events] | Events | None:
        return events[0] if len(events) == 1 else events or None

    def dialect_setting(self, platform: str, index: int) -> str:
        """Returns the setting of a log, such as platforms.shop.events.1."""
        where = f"platforms.{platform}.events"
        return where if len(self.events) == 1 else f"{where}.{index}"

    def file_setting(self, platform: str, file: str) -> str:
        """Returns the setting of the log that has `file`; platforms.P.events if it is unclear."""
        found = {
            index
            for index, log in enumerate(self.events)
            for pattern in log.files
            if fnmatchcase(file, pattern) or file.startswith(pattern.rstrip("/") + "/")
        }
        if len(found) != 1:
            return f"platforms.{platform}.events"
        return self.dialect_setting(platform, found.pop())
