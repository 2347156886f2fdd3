"""Finds the lines of a CSV file whose quotes are broken.

A quote that begins a value opens it, and the next single quote closes it; then a separator or the
end of the line must follow. A quoted value may hold line ends. A line is broken if

- text follows a closing quote, as in `7,"A "b" c",x`;
- a value is opened and never closed; or
- a line inside the quoted value looks like a whole row: it has as many values as there are columns,
  and those values look like the values of the first rows (numbers where these have numbers).

So a lost quote makes one line broken, and the lines after it are read as rows. A quote inside a
value that does not begin with one is an ordinary character. The rule looks at the lines alone, not
at the chunks in which they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from plait.sources.csv_header import CsvLayout

_LEARNED_ROWS = 1000  # the first rows, from which the kinds of values are learned
_LEARNED_SHARE = 0.9  # of these rows; the others may be lines of a text
_MAX_VALUE_BYTES = 1 << 20  # bytes of the longest quoted value that spans lines
_NUMBER = re.compile(rb"[+-]?[\d.,:/ TZ+-]*\d[\d.,:/ TZ+-]*")


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
        self._numbers: Final = self._learn(sample)
        q, s = re.escape(self._quote), re.escape(self._mark)
        inside = rb"(?:[^" + q + rb"]|" + q + q + rb")*+"
        value = rb"(?:" + q + inside + q + rb"(?=" + s + rb"|\Z)|(?!" + q + rb")[^" + s + rb"]*+)"
        self._value: Final = re.compile(rb"(?:(?<=" + s + rb")|(?<![\s\S]))" + value)
        self._closed: Final = re.compile(value + rb"(?:" + s + value + rb")*+")
        self._opened: Final = re.compile(rb"(?:" + value + s + rb")*+" + q + inside, re.DOTALL)
        plain = rb"(?:" + q + inside + q + rb"|[^" + q + s + rb"]*+)"
        self._plain: Final = re.compile(plain + rb"(?:" + s + plain + rb")*+")

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
        while size <= _MAX_VALUE_BYTES:
            more = waiting.pop() if waiting else next(lines, None)
            if more is None:
                break
            record.append(more)
            size += len(more)
            bare = more.removesuffix(b"\r")
            if self._looks_whole(bare):
                break
            if self._quote not in bare:
                continue
            joined = b"\n".join(record).removesuffix(b"\r")
            if self._closed.fullmatch(joined):
                legal = True
                break
            if not self._opened.fullmatch(joined):
                break  # text follows the closing quote
        if legal:
            yield record, False
            return
        waiting.extend(reversed(record[1:]))
        yield record[:1], True

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

    def _learn(self, sample: Iterable[bytes]) -> list[bool]:
        """Returns which columns have numbers in nearly all rows of the sample without quotes."""
        rows = []
        for line in sample:
            values = line.removesuffix(b"\r").split(self._mark)
            if len(values) == self._width and self._quote not in line:
                rows.append(values)
            if len(rows) == _LEARNED_ROWS:
                break
        return [self._has_numbers([v for v in values if v]) for values in zip(*rows, strict=True)]

    def _has_numbers(self, values: list[bytes]) -> bool:
        numbers = sum(_NUMBER.fullmatch(value) is not None for value in values)
        return numbers > 0 and numbers >= _LEARNED_SHARE * len(values)

    def _looks_whole(self, line: bytes) -> bool:
        values = line.split(self._mark)
        if self._width == 1 or len(values) < self._width:
            return False
        if len(values) > self._width:
            values = self._rejoin(values)
        return len(values) == self._width and all(
            not number or not value or _NUMBER.fullmatch(value)
            for value, number in zip(  # noqa: B905 - nothing may have been learned
                (v.replace(self._quote, b"").strip() for v in values), self._numbers
            )
        )

    def _rejoin(self, values: list[bytes]) -> list[bytes]:
        """Returns the values with those that quotes hold together joined again."""
        joined: list[bytes] = []
        held = False
        for value in values:
            if held:
                joined[-1] += self._mark + value
            else:
                joined.append(value)
            if value.count(self._quote) % 2:
                held = not held
        return joined
