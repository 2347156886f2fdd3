"""How the value of a contract field is made from the columns of a source: the value verbs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_serializer, model_validator

from plait.config.project_sections import StrictModel

_SOURCES = ("column", "first", "constant", "file", "text", "expression")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

_Word = Annotated[str, Field(coerce_numbers_to_str=True)]


class ValueVerbs(StrictModel):
    """One value, made by verbs. Exactly one of the first six is set; the others refine it."""

    column: str | None = Field(
        None,
        description="The column or path that holds the value. Default: another verb is used.",
        examples=["track.artist.name"],
    )
    first: list[Value] | None = Field(
        None,
        min_length=1,
        description="Values of which the first that is not null is used. Default: another verb is "
        "used.",
        examples=[["user_id", "session_id"]],
    )
    constant: str | None = Field(
        None,
        coerce_numbers_to_str=True,
        description="The same value for all rows. Default: another verb is used.",
        examples=["me"],
    )
    file: str | None = Field(
        None,
        description="A regular expression that is searched in the file's path; its group is the "
        "value. Default: another verb is used.",
        examples=[r"history-(.+)\.csv"],
    )
    text: str | None = Field(
        None,
        description="A text in which {column} stands for the value of a column; null if one of "
        "them is null. {{ and }} stand for braces. Default: another verb is used.",
        examples=["{artist} – {track}"],
    )
    expression: str | None = Field(
        None,
        description="An SQL expression over the columns of one row; '= lower(sku)' is short for "
        "it. Columns are text. Default: another verb is used.",
        examples=["split_part(path, '/', 3)"],
    )
    match: str | None = Field(
        None,
        description="A regular expression that is searched in the value; its first group (or the "
        "whole match, if there is no group) is used, and null if it does not match. Default: the "
        "value is used as it is.",
        examples=[r"v=([\w-]{11})"],
    )
    map: dict[str, _Word | None] | None = Field(
        None,
        description="Words of the source and the value to use for each, or null; other words "
        "stay. Default: all stay.",
        examples=[{"thumbs up": "5", "thumbs down": "1", "none": None}],
    )
    times: float | None = Field(
        None,
        description="A number by which the value is multiplied. Unit: none. Default: 1.",
        examples=[0.001],
    )
    decimal: Literal[".", ","] | None = Field(
        None,
        description="The decimal mark of a number written as text; the other mark groups "
        "thousands. Default: the mark of the source.",
        examples=[","],
    )
    optional: bool = Field(
        default=False,
        description="Whether some files may lack the column; its values are null there.",
        examples=[True],
    )

    @field_validator("match", "file")
    @classmethod
    def _check_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            check_pattern(value)
        return value

    @field_validator("text")
    @classmethod
    def _check_template(cls, value: str | None) -> str | None:
        if value is not None and not template_columns(value):
            msg = "needs a column in braces, such as {title}; use 'constant' for a fixed text"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _check_sources(self) -> ValueVerbs:
        named = [name for name in _SOURCES if getattr(self, name) is not None]
        if len(named) != 1:
            seen = f"has {' and '.join(named)}" if named else "has none of them"
            msg = f"needs exactly one of {', '.join(self.source_verbs())}, and {seen}"
            raise ValueError(msg)
        return self

    @model_serializer
    def _write_verbs(self) -> Any:
        """Returns the verbs that are set, in their shortest form."""
        verbs = {name: getattr(self, name) for name in self.model_fields_set}
        if verbs.keys() == {"column"}:
            return self.column
        return f"= {self.expression}" if verbs.keys() == {"expression"} else verbs

    @classmethod
    def source_verbs(cls) -> tuple[str, ...]:
        """Returns the verbs of which a value needs exactly one."""
        return _SOURCES


def expand_value(value: object) -> object:
    """Returns the verbs that a text stands for: a column, or '= ' and an SQL expression."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    return {"expression": text[1:].strip()} if text.startswith("=") else {"column": value}


Value = Annotated[
    ValueVerbs, BeforeValidator(expand_value, json_schema_input_type=str | ValueVerbs)
]
ValueVerbs.model_rebuild()


def check_pattern(pattern: str) -> None:
    """Raises ValueError if `pattern` is not a regular expression.

    Patterns are run by Polars, whose syntax has no look-around and no back-references.
    """
    import polars as pl  # the configuration is read by commands that never need frames

    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.ComputeError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        reason = next(
            (line.removeprefix("error: ") for line in lines if line.startswith("error")), ""
        )
        msg = f"is not a regular expression{': ' + reason if reason else ''}"
        raise ValueError(msg) from None


def template_parts(template: str) -> list[tuple[str, str | None]]:
    """Returns the parts of `template` in order: a literal text, then a column or null.

    Raises:
        ValueError: a brace is not closed, or not opened.
    """
    parts: list[tuple[str, str | None]] = []
    literal, end = "", 0
    for found in _BRACES.finditer(template):
        literal += template[end : found.start()]
        end = found.end()
        mark = found.group()
        if mark in ("{{", "}}"):
            literal += mark[0]
        elif found.group(1) is None or not found.group(1).strip():
            msg = f"has an unpaired or empty brace at character {found.start() + 1}"
            raise ValueError(msg)
        else:
            parts.append((literal, found.group(1).strip()))
            literal = ""
    rest = literal + template[end:]
    return [*parts, (rest, None)] if rest else parts


def template_columns(template: str) -> list[str]:
    """Returns the columns that `template` names.

    Raises:
        ValueError: a brace is not closed, or not opened.
    """
    return [column for _, column in template_parts(template) if column is not None]
