"""Finds the lines of a CSV file whose quotes are broken.

A quote that begins a value opens it, and the next single quote closes it; then a separator or the
end of the line must follow. A quoted value may hold line ends. A line is broken if

- text follows a closing quote, as in `7,"A "b" c",x`;
- a value is opened and never closed, or the record of several lines that closes it has not as many
  values as there are columns; or
- a line inside the quoted value looks like a whole row: it has as many values as there are columns,
  and those values look like the values of the first rows: numbers, filled or quoted where nearly
  all of these are.

A last line whose stray quote closes the value, and so completes the record, is a part of it, unless
columns before that value tell the kind of their values.

So a lost quote makes one line broken, and the lines after it are read as rows. A quote inside a
value that does not begin with one is an ordinary character. The rule looks at the lines alone, not
at the chunks in which they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plait.sources.formats.csv_header import CsvLayout
from plait.sources.formats.csv_syntax import MAX_RECORD_BYTES

_LEARNED_ROWS = 1000  # the first rows, from which the kinds of values are learned
_LEARNED_SHARE = 0.9  # of these rows; the others may be lines of a text
_NUMBER = re.compile(rb"[+-]?[\d.,:/ TZ+-]*\d[\d.,:/ TZ+-]*")


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

    def fits(self, value: bytes, quote: bytes) -> bool:
        if not value:
            return not self.filled
        if self.quoted and not value.startswith(quote):
            return False
        bare = value.replace(quote, b"").strip()
        return not self.number or _NUMBER.fullmatch(bare) is not None


class QuoteRules:
    """Tells which lines of a file are broken, or must be quoted anew.

    Args:
        layout: the layout of the file, whose quote is not null and whose separator is one byte.
        sample: the first lines of the file after the header.
    """

    def __init__(self, layout: CsvLayout, sample: Iterable[bytes]) -> None:
        assert layout.quote is not None
        self._quote: Final = layout.quote.encode()
        self._mark: Final = layout.separator.encode()
        self._width: Final = len(layout.columns)
        self._comment: Final = layout.comment.encode() if layout.comment else None
        q, s = re.escape(self._quote), re.escape(self._mark)
        inside = rb"(?:[^" + q + rb"]|" + q + q + rb")*+"
        value = rb"(?:" + q + inside + q + rb"(?=" + s + rb"|\Z)|(?!" + q + rb")[^" + s + rb"]*+)"
        self._value: Final = re.compile(rb"(?:(?<=" + s + rb")|(?<![\s\S]))" + value)
        self._closed: Final = re.compile(value + rb"(?:" + s + value + rb")*+")
        self._opened: Final = re.compile(rb"(?:" + value + s + rb")*+" + q + inside, re.DOTALL)
        self._ended: Final = re.compile(rb"(?:" + value + s + rb")*+")
        plain = rb"(?:" + q + inside + q + rb"|[^" + q + s + rb"]*+)"
        self._plain: Final = re.compile(plain + rb"(?:" + s + plain + rb")*+")
        self._kinds: list[_Kind] = []
        self._kinds = self._learn(sample)

    def check(self, lines: Iterator[bytes]) -> Iterator[tuple[list[bytes], bool]]:
        """Yields each record as its lines, and whether its quotes are broken.

        A broken record is one line. Comments and blank lines are records of their own.
        """
        waiting: list[bytes] = []  # lines that were read and must be looked at again
        while True:
            line = waiting.pop() if waiting else next(lines, None)
            if line is None:
                return
            bare = line.removesuffix(b"\r")
            if self._quote not in line or self._is_comment(line) or self._closed.fullmatch(bare):
                yield [line], False
            elif not self._opened.fullmatch(line):
                yield [line], True
            else:
                yield from self._read_on(line, waiting, lines)

    def _read_on(
        self, line: bytes, waiting: list[bytes], lines: Iterator[bytes]
    ) -> Iterator[tuple[list[bytes], bool]]:
        """Yields the record that begins with `line`, which ends inside a quoted value."""
        record, size, legal = [line], len(line), False
        while size <= MAX_RECORD_BYTES:
            more = waiting.pop() if waiting else next(lines, None)
            if more is None:
                break
            record.append(more)
            size += len(more)
            bare = more.removesuffix(b"\r")
            whole = self._looks_whole(bare)
            if self._quote not in bare and not whole:
                continue
            joined = b"\n".join(record).removesuffix(b"\r")
            if self._closed.fullmatch(joined):
                legal = len(self._values(joined)) == self._width
                if whole:
                    legal = legal and not (self._plain.fullmatch(bare) or self._tells(line))
                break
            if whole:
                break
            if not self._opened.fullmatch(joined):
                break  # text follows the closing quote
        if legal:
            yield record, False
            return
        waiting.extend(reversed(record[1:]))
        yield record[:1], True

    def _tells(self, line: bytes) -> bool:
        """Whether a column before the value that `line` leaves open has numbers, or quotes."""
        ended = self._ended.match(line)
        before = len(self._values(line[: ended.end() - 1])) if ended and ended.end() else 0
        return any(kind.number or kind.quoted for kind in self._kinds[:before])

    def quote_anew(self, record: bytes) -> bytes:
        """Returns the record with quotes around the values that have a quote inside only."""
        if self._quote not in record or self._is_comment(record):
            return record
        bare = record.removesuffix(b"\r")
        if self._plain.fullmatch(bare):
            return record
        q = self._quote
        values = (m.group() for m in self._value.finditer(bare))
        return self._mark.join(
            q + v.replace(q, q + q) + q if q in v and not v.startswith(q) else v for v in values
        )

    def _is_comment(self, line: bytes) -> bool:
        return self._comment is not None and line.startswith(self._comment)

    def _learn(self, sample: Iterable[bytes]) -> list[_Kind]:
        """Returns the kind of values of each column; [] if the sample has no whole record."""
        rows = []
        for record, broken in self.check(iter(sample)):
            values = self._values(b"\n".join(record).removesuffix(b"\r"))
            if not broken and len(values) == self._width:
                rows.append(values)
            if len(rows) == _LEARNED_ROWS:
                break
        return [_Kind.learn(values, self._quote) for values in zip(*rows, strict=True)]

    def _values(self, line: bytes) -> list[bytes]:
        if self._quote not in line:
            return line.split(self._mark)
        return [found.group() for found in self._value.finditer(line)]

    def _looks_whole(self, line: bytes) -> bool:
        if self._width == 1 or not self._kinds:
            return False
        views = [line.split(self._mark)]
        if self._closed.fullmatch(line):
            views.append(self._values(line))
        return any(
            len(values) == self._width
            and all(
                kind.fits(value, self._quote)
                for value, kind in zip(values, self._kinds, strict=True)
            )
            for values in views
        )
