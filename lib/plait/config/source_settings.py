"""Where the rows of a log, a catalogue or account attributes are, and how they are written."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, field_validator, model_validator

from plait.config.project_sections import StrictModel
from plait.config.value_settings import check_pattern


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _name_nulls(value: object) -> object:
    """Returns the list with YAML's null as the word 'null'."""
    return (
        ["null" if word is None else word for word in value] if isinstance(value, list) else value
    )


def _open_top_list(value: object) -> object:
    """Returns the path [] for YAML's empty list, which is how a top-level list is written."""
    return "[]" if value == [] else value


# The JSON schema allows what may be written (one file or several), not only the parsed list.
_FilesAsWritten = Annotated[list[str], Field(min_length=1)] | str
FilePatterns = Annotated[
    list[str],
    BeforeValidator(_as_list, json_schema_input_type=_FilesAsWritten),
    Field(min_length=1),
]
FileFormat = Literal["csv", "jsonl", "json", "parquet", "lines"]
# Words that logs write where they have no value. They are never ids.
NULL_WORDS = (
    "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "null", "NULL", "Null", "None", "none",
    "NONE", "nil", "NIL", "undefined", "UNDEFINED", "(null)", "<null>", "<nil>", "(not set)",
    "(none)", "[object Object]", "\\N", "-",
)  # fmt: skip


class CsvSettings(StrictModel):
    """How a CSV file is written, where it is not detected."""

    separator: str | None = Field(
        None,
        min_length=1,
        description="The text between two values, of one or more characters. Default: detected "
        "from the header line: a comma, tab, semicolon or vertical bar.",
        examples=["::"],
    )
    header: list[str] | None = Field(
        None,
        min_length=1,
        description="The names of the columns of a file without a header line. Default: the first "
        "line has them.",
        examples=[["user", "item", "rating", "time"]],
    )
    skip: NonNegativeInt = Field(
        0,
        description="Lines to skip before the header or the first row. Unit: lines.",
        examples=[3],
    )
    comment: str | None = Field(
        None,
        min_length=1,
        description="Lines that begin with this text are skipped. Default: none.",
        examples=["#"],
    )
    encoding: str = Field(
        "utf-8",
        description="The encoding of the text, as Python names it; of JSON and lines, too. "
        "Default: UTF-8, or UTF-16 in a file that begins with its byte order mark.",
        examples=["latin-1"],
    )
    quote: str = Field(
        '"',
        description="The character around values that hold a separator; none if quotes are "
        "ordinary characters.",
        examples=["none"],
    )

    @field_validator("quote")
    @classmethod
    def _check_quote(cls, value: str) -> str:
        if value != "none" and len(value) != 1:
            msg = "must be one character, or none"
            raise ValueError(msg)
        return value

    @field_validator("encoding")
    @classmethod
    def _check_encoding(cls, value: str) -> str:
        try:
            return codecs.lookup(value).name
        except LookupError:
            msg = f"'{value}' is not known; examples are utf-8, utf-16, latin-1 and cp1252"
            raise ValueError(msg) from None


class SourceSettings(StrictModel):
    """The files of a source, their format, and where their records lie."""

    files: FilePatterns = Field(
        description="Paths, folders or globs, relative to the project file, or s3:// addresses or "
        "globs. A name that exists exactly as written is taken literally, stars and brackets "
        "included. A folder stands for the files in it; a folder of a Delta table for its rows.",
        examples=["data/orders-*.csv.gz", ["s3://bucket/log/a.jsonl", "s3://bucket/log/b.jsonl"]],
    )
    format: FileFormat | None = Field(
        None,
        description="The format: csv; jsonl, one JSON object per line; json, one JSON document per "
        "file, or several one after the other; parquet; or lines, text that `pattern` reads. "
        "Default: by the file's name and first bytes; csv if neither tells it and `csv` is set.",
        examples=["jsonl"],
    )
    records: Annotated[str, BeforeValidator(_open_top_list)] | None = Field(
        None,
        description="The path to the records of a JSON document or line; [] opens a list. "
        "Default: the elements of a top-level list, or the object itself.",
        examples=["request.body[].message"],
    )
    each: str | list[str] | None = Field(
        None,
        description="A list in each row that is opened: every element becomes a row, and its "
        "fields are columns `each.FIELD` (an element that is a plain value is the column `each`). "
        "Several lists of the same length are opened together, each under its own name. A row "
        "without elements stays. Default: no list is opened.",
        examples=["properties.products[]", ["ids", "times", "seconds"]],
    )
    split: str | None = Field(
        None,
        min_length=1,
        description="The text between the elements of the lists in `each`, if they are written as "
        "one text. Default: they are lists.",
        examples=[" "],
    )
    pattern: str | None = Field(
        None,
        description="With format lines: a regular expression whose named groups are the columns. A "
        "line that it does not match is quarantined. Default: there is none.",
        examples=[r"^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\]"],
    )
    csv: CsvSettings = Field(
        default_factory=CsvSettings,
        description="How CSV files are written. Default: it is detected.",
        examples=[{"separator": "::", "header": ["user", "item", "rating", "time"]}],
    )
    nulls: Annotated[list[str], BeforeValidator(_name_nulls)] | None = Field(
        None,
        description="Words that mean that there is no value; [] if all words are values. Default: "
        "NA, N/A, NaN, null, None, nil, undefined, (not set), - and their usual spellings.",
        examples=[["NA", "-"]],
    )
    decimal: Literal[".", ","] = Field(
        ".",
        description="The decimal mark of numbers; the other mark groups thousands.",
        examples=[","],
    )

    @property
    def file_format(self) -> FileFormat | None:
        """The format; null if the name of each file tells it."""
        return "lines" if self.pattern is not None else self.format

    @property
    def otherwise_format(self) -> FileFormat | None:
        """The format of files whose names do not tell it: csv, if its settings are given."""
        return "csv" if self.csv.model_fields_set - {"encoding"} else None

    @property
    def null_words(self) -> tuple[str, ...]:
        """The words that mean that there is no value."""
        return NULL_WORDS if self.nulls is None else tuple(self.nulls)

    @field_validator("pattern")
    @classmethod
    def _check_line_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            check_pattern(value)
            if not re.search(r"\(\?P?<\w+>", value):
                msg = "needs a named group, such as (?P<user>\\S+), for each column"
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _check_format(self) -> SourceSettings:
        if self.format == "lines" and self.pattern is None:
            msg = "format: lines needs pattern, whose named groups are the columns"
            raise ValueError(msg)
        if self.pattern is not None and self.format not in (None, "lines"):
            msg = f"pattern reads lines, and format is {self.format}; remove one of them"
            raise ValueError(msg)
        if self.split is not None and self.each is None:
            msg = "split needs each, the column whose text it splits"
            raise ValueError(msg)
        return self
