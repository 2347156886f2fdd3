"""Decodes JSON text into typed columns in one pass; values stay exactly as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from plait.sources.values.json_escapes import (
    holds_nested_text,
    mark_escapes,
    mark_names,
    restore_escapes,
)
from plait.sources.values.json_numbers import null_constants, quote_numbers
from plait.sources.values.nested_values import put_rows
from plait.sources.values.value_path import Field, Matching, Step

_TEXT = pl.String()
_NO_OBJECT = "{}"
_DECODED = "v"
_LINE_END = r"[\r\n]"
_BATCH = 8_192  # lines
_CONTROL = r"[\x00-\x1f]"


@dataclass
class JsonShape:
    """What is read of a JSON value: fields of objects, or elements of lists; else its text.

    A value of which both the text and something inside it are wanted is read as text, which
    take_path decodes again: it may be an object in one row, and a plain value in another.
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

    @property
    def opens_lists(self) -> bool:
        """Whether the elements of a list are read."""
        return self.elements is not None or any(at.opens_lists for at in self.fields.values())


def decode_json(
    text: pl.Series, shape: JsonShape, *, typed: bool = False
) -> tuple[pl.Series, pl.Series]:
    """Returns the values of `text` in `shape`, and whether each text is not valid JSON.

    A value of another kind than the shape's is null; where the shape wants text, scalars are
    written as in the source, and objects and lists as JSON text. The result for one text does not
    depend on the others.

    Args:
        text: the JSON.
        shape: what is read of each text.
        typed: whether numbers with a decimal point are marked; see json_numbers.split_typed.
    """
    kind = shape.kind
    lines, fits, bad = _pick_nested(text, kind)
    lines = quote_numbers(lines, typed=typed)
    if isinstance(kind, pl.Struct) and not shape.opens_lists and fits.all():
        decoded = _decode_objects(lines, kind)
        if decoded is not None:
            return decoded.rename(text.name), bad
    if lines.str.contains(_LINE_END).any():
        lines = lines.str.replace_all(_LINE_END, " ")
    if not isinstance(kind, pl.Struct):  # a line is an object, so a list is wrapped into one
        lines = _replace('{"' + _DECODED + '":' + lines + "}", ~fits, _NO_OBJECT)
    try:
        decoded = _read_lines(lines, kind)
    except pl.exceptions.ComputeError:
        lines = null_constants(lines)
        wrong = _find_invalid(lines, kind)
        repaired = wrong & lines.str.contains(_CONTROL)
        if repaired.any():
            mended = [_escape_control(line) for line in lines.filter(repaired)]
            lines = lines.scatter(repaired.arg_true(), mended)
            wrong = _find_invalid(lines, kind)
        bad = bad | wrong
        lines = _replace(lines, wrong, _NO_OBJECT)
        decoded = _read_lines(lines, kind)
    return _with_escapes(decoded, lines, kind).rename(text.name), bad


def _decode_objects(lines: pl.Series, kind: pl.DataType) -> pl.Series | None:
    """Returns the decoded `lines`, or null if a line or a value is not as `kind` is.

    This is a third faster than _read_lines, in batches, and gives the same but for lists.
    """
    batches = pl.concat(
        [lines.slice(at, _BATCH) for at in range(0, max(len(lines), 1), _BATCH)], rechunk=False
    )
    try:
        return batches.to_frame(_DECODED).select(pl.col(_DECODED).str.json_decode(kind))[_DECODED]
    except pl.exceptions.ComputeError:
        return None


def _pick_nested(text: pl.Series, kind: pl.DataType) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Returns JSON objects or lists, which of `text` they are, and what is not JSON.

    Where a text is not nested in the way that `kind` wants, {} stands for it.
    """
    none = pl.repeat(False, len(text), dtype=pl.Boolean(), eager=True)
    if isinstance(kind, pl.Struct) and text.str.starts_with("{").all(ignore_nulls=False):
        return text, ~none, none  # as in nearly all logs
    wanted = r"^\{" if isinstance(kind, pl.Struct) else r"^\["
    stripped = text.str.strip_chars()
    given = stripped.is_not_null() & (stripped != "")
    begins = stripped.str.contains(r"^[\[{]" if isinstance(kind, pl.String) else wanted)
    fits = (given & begins).fill_null(value=False)
    lines = _replace(stripped, ~fits, _NO_OBJECT)
    others = (given & ~fits).fill_null(value=False)
    if others.any():  # scalars are valid; other text is not
        none = others & stripped.str.json_path_match("$").is_null() & (stripped != "null")
    return lines, fits, none


def _with_escapes(decoded: pl.Series, lines: pl.Series, kind: pl.DataType) -> pl.Series:
    """Returns the decoded `lines`, with the escapes in what is an object or a list as text."""
    escaped = lines.str.contains("\\", literal=True)
    if not escaped.any() or not holds_nested_text(decoded.filter(escaped)):
        return decoded
    marked = _read_lines(mark_escapes(lines.filter(escaped)), mark_names(kind))
    return put_rows(decoded, escaped.arg_true(), restore_escapes(marked, kind))


def _replace(lines: pl.Series, where: pl.Series, text: str) -> pl.Series:
    return lines.set(where, text) if where.any() else lines


def _read_lines(lines: pl.Series, kind: pl.DataType) -> pl.Series:
    """Returns the `lines`, each of which is an object, decoded as `kind`.

    Raises:
        polars.exceptions.ComputeError: a line is not valid JSON.
    """
    schema = dict(kind) if isinstance(kind, pl.Struct) else {_DECODED: kind}
    if not len(lines):
        return pl.Series(dtype=kind)
    body = lines.str.join("\n").cast(pl.Binary)[0]
    frame = pl.read_ndjson(body, schema=schema, ignore_errors=True)
    return frame.to_struct() if isinstance(kind, pl.Struct) else frame[_DECODED]


def _find_invalid(lines: pl.Series, kind: pl.DataType) -> pl.Series:
    """Returns which `lines` cannot be decoded, each by itself."""
    suspects = lines.str.json_path_match("$").is_null()
    hopeless = suspects & ~lines.str.strip_chars_end().str.ends_with("}")
    wrong = set(hopeless.arg_true())
    for group in (~suspects, suspects & ~hopeless):
        wrong |= set(_bisect(lines, group.arg_true().to_list(), kind))
    places = pl.int_range(len(lines), eager=True)
    return places.is_in(pl.Series(sorted(wrong), dtype=pl.Int64).implode())


def _escape_control(line: str) -> str:
    """Returns JSON whose texts hold control characters, which belong escaped, as valid JSON."""
    try:
        return json.dumps(json.loads(line, strict=False), ensure_ascii=False)
    except (ValueError, RecursionError):
        return line


def _bisect(lines: pl.Series, places: list[int], kind: pl.DataType) -> list[int]:
    if not places:
        return []
    try:
        _read_lines(lines.gather(places), kind)
    except pl.exceptions.ComputeError:
        if len(places) == 1:
            return places
        half = len(places) // 2
        return _bisect(lines, places[:half], kind) + _bisect(lines, places[half:], kind)
    return []
