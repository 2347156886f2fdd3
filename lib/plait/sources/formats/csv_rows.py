"""Learns what the rows of a CSV file look like, so that they are known inside a quoted value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LEARNED_SHARE = 0.9  # of the rows; the others may be lines of a text
_NUMBER = re.compile(rb"[.,:/ TZ+-]*+\d[\d.,:/ TZ+-]*+")
_BESIDE_DIGITS = b".,:/TZ+- \t\r\v\f"  # in a number or a time, with blanks around it


@dataclass(frozen=True)
class _Kind:
    """What nearly all values of a column have in common."""

    number: bool
    filled: bool
    quoted: bool

    @classmethod
    def learn(cls, values: Sequence[bytes], quote: bytes) -> _Kind:
        filled = [value for value in values if value]
        least = _LEARNED_SHARE * len(filled)
        numbers = sum(_NUMBER.fullmatch(value.strip(quote)) is not None for value in filled)
        quoted = sum(value.startswith(quote) for value in filled)
        return cls(
            number=bool(filled) and numbers >= least,
            filled=len(filled) >= _LEARNED_SHARE * len(values),
            quoted=bool(filled) and quoted >= least,
        )

    def as_parts(self, quote: bytes, mark: bytes) -> tuple[bytes, bytes]:
        """Returns patterns of such values: as divided by every mark, and by those out of quotes."""
        q, s = re.escape(quote), re.escape(mark)
        inner, other = _characters(_BESIDE_DIGITS), _characters(_BESIDE_DIGITS, mark)
        if self.number:
            loose = rb"(?:[" + other + q + rb"])*+\d[\d" + other + q + rb"]*+"
            doubled = rb"|" + q + q + rb")*+"
            inside = rb"(?:[" + inner + rb"]" + doubled + rb"\d(?:[\d" + inner + rb"]" + doubled
        else:
            loose, inside = rb"[^" + s + rb"]++", rb"(?:[^" + q + rb"]|" + q + q + rb")*+"
        strict = q + inside + q
        if self.quoted:
            loose = rb"(?=" + q + rb")" + loose
        else:
            strict = rb"(?:" + strict + rb"|(?!" + q + rb")" + loose + rb")"
        optional = b"" if self.filled else b"?"
        return rb"(?:" + loose + rb")" + optional, rb"(?:" + strict + rb")" + optional


def _characters(characters: bytes, without: bytes = b"") -> bytes:
    """Returns the inside of a character class."""
    return b"".join(re.escape(bytes([c])) for c in characters if bytes([c]) != without)


@dataclass(frozen=True)
class RowShape:
    """What the rows of a file look like.

    Attributes:
        pattern: matches lines that look like rows: with as many values, of the same kinds.
        telling: the columns before the first whose values are numbers, or in quotes.
    """

    pattern: re.Pattern[bytes]
    telling: int

    @classmethod
    def learn(cls, rows: Sequence[Sequence[bytes]], quote: bytes, mark: bytes) -> RowShape:
        """Learns the shape from some rows, all with as many values.

        Args:
            rows: their values, as they are written.
            quote: the quote.
            mark: the separator.
        """
        kinds = [_Kind.learn(values, quote) for values in zip(*rows, strict=True)]
        views = zip(*(kind.as_parts(quote, mark) for kind in kinds), strict=True)
        telling = (place for place, kind in enumerate(kinds) if kind.number or kind.quoted)
        pattern = re.compile(b"|".join(re.escape(mark).join(parts) for parts in views))
        return cls(pattern, next(telling, len(kinds)))
