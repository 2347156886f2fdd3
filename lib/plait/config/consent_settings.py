"""The settings of consent: who may be linked, shared with other platforms, and trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from plait.config.event_settings import Time, column_field
from plait.config.project_sections import StrictModel
from plait.config.source_settings import SourceSettings
from plait.config.value_settings import Value
from plait.contracts.consent_rows import PURPOSES, Purpose


class ConsentColumns(StrictModel):
    """The value of each field of a statement of consent: a word for yes or no, or none."""

    account: Value = Field(description="The value of the account id.", examples=["customer_id"])
    time: Value | None = column_field("the time of the statement", "changed_at")
    all: Value | None = column_field("the consent to all three purposes", "consent")
    link: Value | None = column_field("the consent to be linked with other accounts", "may_link")
    share: Value | None = column_field(
        "the consent that events are used on other platforms", "may_share"
    )
    train: Value | None = column_field("the consent that models are trained on events", "may_train")

    @property
    def told(self) -> Iterator[tuple[str, Value]]:
        """Yields the fields that a log has, and the value of each."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None:
                yield name, value

    @model_validator(mode="after")
    def _check_purposes(self) -> ConsentColumns:
        if not any(getattr(self, name) is not None for name in ("all", *PURPOSES)):
            msg = f"needs one of all, {', '.join(PURPOSES)}"
            raise ValueError(msg)
        return self


class ConsentLog(SourceSettings):
    """Rows that say what accounts consent to: a file of its own, of accounts, or of events."""

    columns: ConsentColumns = Field(
        description="The value of each field. A value is a word such as yes, true, 1 or granted, "
        "or no, false, 0 or withdrawn; a row without a word says nothing.",
        examples=[{"account": "customer_id", "time": "at", "all": "consent"}],
    )
    time: Time = Field(
        default_factory=Time,
        description="How times are written. Default: ISO 8601.",
        examples=[{"unit": "s"}],
    )


def _as_logs(value: object) -> object:
    return value if isinstance(value, list) else [value]


class ConsentSettings(StrictModel):
    """What accounts of a platform consent to. The newest statement of each purpose holds."""

    default: list[Purpose] = Field(
        default_factory=list,
        description="The purposes to which an account consents that says nothing: link (it may be "
        "joined with accounts of other platforms), share (its events may be used there), train "
        "(models may be trained on them). Default: none of them.",
        examples=[["link", "share", "train"], []],
    )
    logs: Annotated[
        list[ConsentLog],
        BeforeValidator(_as_logs, json_schema_input_type=ConsentLog | list[ConsentLog]),
    ] = Field(
        default_factory=list,
        description="Where accounts say it: one log or several. Default: nowhere but over HTTP.",
        examples=[
            {
                "files": "data/consents.csv",
                "columns": {"account": "customer_id", "time": "at", "all": "consent"},
            }
        ],
    )
