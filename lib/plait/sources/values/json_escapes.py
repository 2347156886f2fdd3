r"""Keeps the escapes of JSON objects and lists that are read as text.

Polars decodes the texts inside such a value, and writes them without their backslashes: {"a":"\\"}
becomes {"a": "\"}. So the escapes of a line are marked before it is decoded. Afterwards they are
put back into what is still JSON, and decoded in other texts.
"""

from __future__ import annotations

import json
from itertools import product

import polars as pl

from plait.sources.values.nested_values import change_inside, known_type

_BACKSLASH, _QUOTE = "\ufdd0", "\ufdd1"  # noncharacters of Unicode, which no text should have
_MARKS = f"[{_BACKSLASH}{_QUOTE}]"
# Escapes of what must be escaped inside JSON, and of the marks.
_NEEDED = r"\\([bfnrt]|u(?:00[01][0-9a-fA-F]|0022|005[cC]|[fF][dD][dD][01]))"
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CODES = (*range(0x20), ord('"'), ord("\\"), ord(_BACKSLASH), ord(_QUOTE))
_MEANINGS = (
    {_BACKSLASH * 2: "\\", _BACKSLASH + _QUOTE: '"'}
    | {_BACKSLASH + letter: character for letter, character in _SHORT.items()}
    | {
        f"{_BACKSLASH}u{''.join(digits)}": chr(code)
        for code in _CODES
        for digits in product(*({digit, digit.upper()} for digit in f"{code:04x}"))
    }
)


def mark_escapes(lines: pl.Series) -> pl.Series:
    """Returns JSON whose escapes are marked, so that decoding leaves them as they are."""
    if lines.str.contains(_MARKS).any():
        lines = lines.str.replace_many([_BACKSLASH, _QUOTE], [r"\ufdd0", r"\ufdd1"])
    return (
        lines.str.replace_all("\\\\", _BACKSLASH * 2, literal=True)
        .str.replace_all('\\"', _BACKSLASH + _QUOTE, literal=True)
        .str.replace_all(_NEEDED, _BACKSLASH + "${1}")
    )


def mark_names(kind: pl.DataType) -> pl.DataType:
    """Returns a type whose fields have the names that they have in marked JSON."""
    if isinstance(kind, pl.List):
        return pl.List(mark_names(known_type(kind.inner)))
    if isinstance(kind, pl.Struct):
        written = [json.dumps(field.name, ensure_ascii=False)[1:-1] for field in kind.fields]
        inner = [mark_names(known_type(field.dtype)) for field in kind.fields]
        return pl.Struct(dict(zip(mark_escapes(pl.Series(written)), inner, strict=True)))
    return kind


def restore_escapes(decoded: pl.Series, kind: pl.DataType) -> pl.Series:
    """Returns the decoded values of marked JSON: objects and lists as JSON, texts as they read.

    Args:
        decoded: the values, whose type is that of mark_names.
        kind: the type with its own names.
    """
    restored = change_inside(pl.col("v"), kind, _restore_text)
    return decoded.to_frame("v").select(restored).to_series()


def _restore_text(value: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    if not isinstance(kind, pl.String):
        return None
    nested = value.str.contains('"', literal=True)  # the quotes inside texts are marked
    written = value.str.replace_many([_BACKSLASH, _QUOTE], ["\\", '"'])
    read = value.str.replace_many(list(_MEANINGS), list(_MEANINGS.values()))
    return pl.when(nested).then(written).otherwise(read)


def holds_nested_text(decoded: pl.Series) -> bool:
    """Returns whether a text of `decoded`, at any depth, looks like an object or a list."""
    if isinstance(decoded.dtype, pl.List):
        return holds_nested_text(decoded.explode())
    if isinstance(decoded.dtype, pl.Struct):
        return any(map(holds_nested_text, decoded.struct.unnest()))
    return bool(decoded.str.contains(r"^[\[{]").any())
