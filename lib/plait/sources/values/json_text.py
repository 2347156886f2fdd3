"""Decodes JSON text into typed columns in one pass; values stay exactly as they are written.

Only a whole number loses the zeros after its decimal point, because 7.0 and 7 are one number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from plait.sources.values.value_path import Field, Matching, Step

_TEXT = pl.String()
_NO_OBJECT = "{}"
_DECODED = "v"
_LINE_END = r"[\r\n]"
_CONTROL = r"[\x00-\x1f]"
# Numbers that a parser would write differently: with an exponent, with many digits, with a zero at
# the end of the decimals, or very small. The marks around them keep times in texts out.
_INEXACT_NUMBER = (
    r"[:\[,\s](?:-0|-?(?:\d[\d.]*[eE][-+]?\d+|\d{16,}|[\d.]{17,}|\d+\.(?:\d*0|\d{12,})|0\.0000\d*))"
    r"[\s,}\]]"
)
_STRING_OR_NUMBER = r'("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)'


@dataclass
class JsonShape:
    """What is read of a JSON value: fields of objects, or elements of lists; else its text.

    A value of which both the text and something inside it are wanted is read as text, which
    take_path decodes again: it may be an object in one row, and a plain value in another. (Polars
    writes the backslashes in the texts of such an object as they are, so these are lost.)
    """

    fields: dict[str, JsonShape] = field(default_factory=dict)
    elements: JsonShape | None = None
    whole: bool = False

    @classmethod
    def of(cls, paths: Iterable[Sequence[Step]]) -> JsonShape:
        """Returns the shape that has all `paths`."""
        shape = cls()
        for path in paths:
            shape.add(path)
        return shape

    def add(self, steps: Sequence[Step]) -> None:
        """Adds a path to the shape."""
        here = self
        for step in steps:
            if isinstance(step, Field):
                here = here.fields.setdefault(step.name, JsonShape())
                continue
            if here.elements is None:
                here.elements = JsonShape()
            here = here.elements
            if isinstance(step, Matching):
                here.add([Field(name) for name in step.field])
        here.whole = True

    @property
    def kind(self) -> pl.DataType:
        """The type of the decoded column."""
        if self.whole or (self.fields and self.elements is not None):
            return _TEXT
        if self.elements is not None:
            return pl.List(self.elements.kind)
        if self.fields:
            return pl.Struct({name: shape.kind for name, shape in self.fields.items()})
        return _TEXT


def decode_json(text: pl.Series, shape: JsonShape) -> tuple[pl.Series, pl.Series]:
    """Returns the values of `text` in `shape`, and whether each text is not valid JSON.

    A value of another kind than the shape's is null; where the shape wants text, scalars are
    written as in the source, and objects and lists as JSON text. The result for one text does not
    depend on the others.
    """
    kind = shape.kind
    wanted = r"^\{" if isinstance(kind, pl.Struct) else r"^\["
    stripped = text.str.strip_chars()
    given = stripped.is_not_null() & (stripped != "")
    begins = stripped.str.contains(r"^[\[{]" if isinstance(kind, pl.String) else wanted)
    fits = (given & begins).fill_null(value=False)
    lines = _replace(stripped, ~fits, _NO_OBJECT)
    if lines.str.contains(_LINE_END).any():
        lines = lines.str.replace_all(_LINE_END, " ")
    lines = _quote_inexact_numbers(lines)
    if not isinstance(kind, pl.Struct):  # a line is an object, so a list is wrapped into one
        lines = _replace('{"' + _DECODED + '":' + lines + "}", ~fits, _NO_OBJECT)
    bad = pl.repeat(False, len(text), dtype=pl.Boolean(), eager=True)
    others = (given & ~fits).fill_null(value=False)
    if others.any():  # scalars are valid; other text is not
        bad = others & stripped.str.json_path_match("$").is_null() & (stripped != "null")
    try:
        decoded = _read_lines(lines, shape)
    except pl.exceptions.ComputeError:
        wrong = _find_invalid(lines, shape)
        repaired = wrong & lines.str.contains(_CONTROL)
        if repaired.any():
            mended = [_escape_control(line) for line in lines.filter(repaired)]
            lines = lines.scatter(repaired.arg_true(), mended)
            wrong = _find_invalid(lines, shape)
        bad = bad | wrong
        decoded = _read_lines(_replace(lines, wrong, _NO_OBJECT), shape)
    return decoded.rename(text.name), bad


def _replace(lines: pl.Series, where: pl.Series, text: str) -> pl.Series:
    return lines.set(where, text) if where.any() else lines


def _read_lines(lines: pl.Series, shape: JsonShape) -> pl.Series:
    """Returns the decoded `lines`, each of which is an object.

    Raises:
        polars.exceptions.ComputeError: a line is not valid JSON.
    """
    kind = shape.kind
    schema = dict(kind) if isinstance(kind, pl.Struct) else {_DECODED: kind}
    if not len(lines):
        return pl.Series(dtype=kind)
    body = lines.str.join("\n")[0].encode()
    frame = pl.read_ndjson(body, schema=schema, ignore_errors=True)
    return frame.to_struct() if isinstance(kind, pl.Struct) else frame[_DECODED]


def _find_invalid(lines: pl.Series, shape: JsonShape) -> pl.Series:
    """Returns which `lines` cannot be decoded, each by itself."""
    suspects = lines.str.json_path_match("$").is_null()
    hopeless = suspects & ~lines.str.ends_with("}")
    wrong = set(hopeless.arg_true())
    for group in (~suspects, suspects & ~hopeless):
        wrong |= set(_bisect(lines, group.arg_true().to_list(), shape))
    places = pl.int_range(len(lines), eager=True)
    return places.is_in(pl.Series(sorted(wrong), dtype=pl.Int64).implode())


def _escape_control(line: str) -> str:
    """Returns JSON whose texts hold control characters, which belong escaped, as valid JSON."""
    try:
        return json.dumps(json.loads(line, strict=False), ensure_ascii=False)
    except (ValueError, RecursionError):
        return line


def _bisect(lines: pl.Series, places: list[int], shape: JsonShape) -> list[int]:
    if not places:
        return []
    try:
        _read_lines(lines.gather(places), shape)
    except pl.exceptions.ComputeError:
        if len(places) == 1:
            return places
        half = len(places) // 2
        return _bisect(lines, places[:half], shape) + _bisect(lines, places[half:], shape)
    return []


def _quote_inexact_numbers(lines: pl.Series) -> pl.Series:
    """Returns `lines` with the numbers of some lines as strings, so that no digit is lost."""
    where = lines.str.contains(_INEXACT_NUMBER)
    if not where.any():
        return lines
    # \x01 and \x02 mark the ends of numbers; those of the text are escaped before.
    marked = (
        lines.filter(where)
        .str.replace_many(["\x01", "\x02"], ["\\u0001", "\\u0002"])
        .str.replace_all(_STRING_OR_NUMBER, "${1}\x01${2}\x02")
        .str.replace_all("\x01\x02", "", literal=True)
        .str.replace_all(r"\x01(-?\d+)\.0+\x02", "\x01${1}\x02")
        .str.replace_all(r"[\x01\x02]", '"')
    )
    return lines.scatter(where.arg_true(), marked)
