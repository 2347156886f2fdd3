"""How accounts are joined whose records are alike: `people.link` in a project file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from plait.config.project_sections import StrictModel
from plait.config.value_settings import Value, ValueVerbs

_MEANING = r"[a-z][a-z0-9_]{0,39}"
# Names that the terms of an edge, or the columns of records, have already.
RESERVED_MEANINGS = frozenset(
    {"account", "platform", "email_name", "pairs", "prior", "household", "town", "cluster"}
)


def _written_as(value: object) -> str:
    """Returns `platforms` for a mapping from platforms to values, and `value` for a value."""
    if isinstance(value, Mapping) and value and not set(value) & set(ValueVerbs.model_fields):
        return "platforms"
    return "value"


MeaningValue = Annotated[
    Annotated[Value, Tag("value")] | Annotated[dict[str, Value], Tag("platforms")],
    Discriminator(_written_as),
]


class LinkSettings(StrictModel):
    """Which columns of accounts are compared, and which probability joins two accounts."""

    columns: dict[str, MeaningValue] = Field(
        min_length=1,
        description="What is compared, by meaning: given_name, surname, full_name, birth_date, "
        "gender, national_id, email, phone, street_number, street, address_2, city, postcode, "
        "state, country, or any other name for plain text. Each is a value of the accounts files, "
        "or one a platform; a platform that is not named has none.",
        examples=[
            {"given_name": "first_name", "surname": "last_name", "birth_date": "dob"},
            {"city": {"shop": "town", "video": {"column": "location", "match": "^([^,]+)"}}},
        ],
    )
    threshold: float = Field(
        0.8,
        gt=0,
        lt=1,
        description="Two accounts are one person from this probability on. Unit: probability.",
        examples=[0.95],
    )
    review_from: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Pairs from this probability on, up to the threshold, are kept for review. "
        "Unit: probability.",
        examples=[0.5],
    )

    @field_validator("columns")
    @classmethod
    def _check_meanings(cls, columns: dict[str, Any]) -> dict[str, Any]:
        for name in columns:
            if not re.fullmatch(_MEANING, name) or name in RESERVED_MEANINGS:
                msg = (
                    f"{name[:64]!r} cannot be a meaning: use up to 40 small letters, digits and "
                    f"underscores, and none of {', '.join(sorted(RESERVED_MEANINGS))}"
                )
                raise ValueError(msg)
        return columns

    @model_validator(mode="after")
    def _check_review(self) -> LinkSettings:
        if self.review_from > self.threshold:
            msg = (
                f"review_from ({self.review_from}) is above the threshold ({self.threshold}); "
                "pairs between them are reviewed"
            )
            raise ValueError(msg)
        return self

    @property
    def platforms(self) -> list[str]:
        """The platforms that the columns name, in order."""
        named = {p for value in self.columns.values() if isinstance(value, dict) for p in value}
        return sorted(named)

    def values_of(self, platform: str) -> dict[str, ValueVerbs]:
        """Returns the value of each meaning that `platform` has."""
        found: dict[str, ValueVerbs] = {}
        for meaning, value in self.columns.items():
            if not isinstance(value, dict):
                found[meaning] = value
            elif platform in value:
                found[meaning] = value[platform]
        return found

    def setting_of(self, meaning: str, platform: str) -> str:
        """Returns the setting that says where `meaning` is on `platform`."""
        where = f"people.link.columns.{meaning}"
        return f"{where}.{platform}" if isinstance(self.columns[meaning], dict) else where
