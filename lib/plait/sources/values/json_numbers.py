"""Keeps every digit of the numbers in JSON, and what is a number there.

Only a whole number loses the zeros after its decimal point, because 7.0 and 7 are one number.
"""

from __future__ import annotations

from typing import overload

import polars as pl

# Numbers that a parser would write differently: with an exponent, with many digits, with a zero at
# the end of the decimals, or very small. The marks around them keep times in texts out.
_INEXACT = (
    r"[:\[,\s](?:-0|-?(?:\d[\d.]*[eE][-+]?\d+|\d{16,}|[\d.]{17,}|\d+\.(?:\d*0|\d{12,})|0\.0000\d*))"
    r"[\s,}\]]"
)
_WITH_POINT = r"[:\[,\s]-?\d+\.\d"
_STRING_OR_NUMBER = r'("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)'
_CONSTANT = r"[:\[,\s](?:NaN|-?Infinity)[\s,}\]]"
_STRING_OR_CONSTANT = r'("(?:[^"\\]|\\.)*")|(NaN|-?Infinity)'
_TYPED = "\ufdd2"  # a noncharacter of Unicode, which no text should have


def quote_numbers(lines: pl.Series, *, typed: bool = False) -> pl.Series:
    """Returns JSON with the numbers of some lines as strings, so that no digit is lost.

    Args:
        lines: the JSON.
        typed: whether the numbers with a decimal point are marked as such; see split_typed.
    """
    where = lines.str.contains(_INEXACT)
    if typed:
        where |= lines.str.contains(_WITH_POINT)
    if not where.any():
        return lines
    marked = _mark(lines.filter(where), _STRING_OR_NUMBER)
    marked = marked.str.replace_all(r"\x01(-?\d+)\.0+\x02", "\x01${1}\x02")
    if typed:
        marked = marked.str.replace_all(r"\x01([^\x02]*\.)", '"' + _TYPED + "${1}")
    return lines.scatter(where.arg_true(), marked.str.replace_all(r"[\x01\x02]", '"'))


def null_constants(lines: pl.Series) -> pl.Series:
    """Returns JSON with null for NaN and Infinity, which Python and others write for no number."""
    where = lines.str.contains(_CONSTANT)
    if not where.any():
        return lines
    marked = _mark(lines.filter(where), _STRING_OR_CONSTANT)
    return lines.scatter(where.arg_true(), marked.str.replace_all("\x01[^\x02]*\x02", "null"))


def _mark(lines: pl.Series, pattern: str) -> pl.Series:
    r"""Returns the lines with \x01 and \x02 around what the second group of `pattern` finds.

    Those of the text are escaped before. The first group finds strings, which stay as they are.
    """
    return (
        lines.str.replace_many(["\x01", "\x02"], ["\\u0001", "\\u0002"])
        .str.replace_all(pattern, "${1}\x01${2}\x02")
        .str.replace_all("\x01\x02", "", literal=True)
    )


def split_typed(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Returns `text` without the marks of numbers, and whether each text is such a number."""
    typed = text.str.starts_with(_TYPED).fill_null(value=False)
    return without_marks(text), typed


@overload
def without_marks(text: pl.Series) -> pl.Series: ...
@overload
def without_marks(text: pl.Expr) -> pl.Expr: ...
def without_marks(text: pl.Series | pl.Expr) -> pl.Series | pl.Expr:
    """Returns `text` without the marks of numbers."""
    return text.str.replace_all(_TYPED, "", literal=True)
