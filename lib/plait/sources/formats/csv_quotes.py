r"""Finds the lines of a CSV file whose quotes are broken.

A quote that begins a value opens it, and the next single quote closes it; then a separator or the
end of the line must follow. A quoted value may hold line ends. A line is broken if

- text follows a closing quote, as in `7,"A "b" c",x`;
- a value is opened and never closed, or the record of several lines that closes it has not as many
  values as there are columns; or
- a line inside the quoted value looks like a whole row: it has as many values as there are columns,
  and those values look like the values of the first rows: numbers, filled or quoted where nearly
  all of these are.

The last of these is no row, though, if all that tells it from one is the stray quote with which it
closes the value and completes the record, and no column before the value has numbers or quotes.

Quotes may be escaped by backslashes, as in `7,"A \"b\" c",x`: a broken line that is a whole row
with two quotes for each escaped one is read so.

So a lost quote makes one line broken, and the lines after it are read as rows. A quote inside a
value that does not begin with one is an ordinary character. The rule looks at the lines alone, not
at the chunks in which they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from plait.sources.formats.csv_header import CsvLayout
from plait.sources.formats.csv_rows import RowShape
from plait.sources.formats.csv_syntax import MAX_RECORD_BYTES

_LEARNED_ROWS = 1000  # the first rows, from which the kinds of values are learned


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
        self._opened: Final = re.compile(rb"((?:" + value + s + rb")*+)" + q + inside)
        # The rest of a quoted value, which ends in the line with the record, or does not end.
        after = s + value
        self._closing: Final = re.compile(inside + q + rb"(?:" + after + rb")*+")
        reopened = q + s + rb"(?:" + value + s + rb")*+" + q + inside
        self._staying: Final = re.compile(inside + rb"(?:" + reopened + rb")?")
        plain = rb"(?:" + q + inside + q + rb"|[^" + q + s + rb"]*+)"
        self._plain: Final = re.compile(plain + rb"(?:" + s + plain + rb")*+")
        self._shape: RowShape | None = None
        self._shape = self._learn(sample)

    def read_record(
        self, lines: Sequence[bytes], start: int, *, more: bool
    ) -> tuple[int, bool] | None:
        """Returns how many lines a record has, and whether its quotes are broken.

        A broken record is one line. Comments and blank lines are records of their own.

        Args:
            lines: lines of the file.
            start: the number of the record's first line.
            more: whether the file has more lines after these. Then the result is null if they have
                to be known.
        """
        line = lines[start]
        bare = line.removesuffix(b"\r")
        if self._quote not in line or self._is_comment(line) or self._closed.fullmatch(bare):
            return 1, False
        opened = self._opened.fullmatch(line)
        if not opened:
            return 1, True
        size = len(line)
        for place in range(start + 1, len(lines)):
            if size > MAX_RECORD_BYTES:
                return 1, True
            size += len(lines[place])
            bare = lines[place].removesuffix(b"\r")
            if self.looks_whole(bare) and not self._ends_text(bare, opened[1]):
                return 1, True
            if self._quote not in bare:
                continue
            if self._closing.fullmatch(bare):
                joined = b"\n".join(lines[start : place + 1]).removesuffix(b"\r")
                legal = len(self._values(joined)) == self._width
                return (place + 1 - start, False) if legal else (1, True)
            if not self._staying.fullmatch(bare):
                return 1, True  # text follows the closing quote
        return None if more and size <= MAX_RECORD_BYTES else (1, True)

    def looks_whole(self, line: bytes) -> bool:
        """Returns whether a line, without its end, looks like a whole row."""
        return self._shape is not None and self._shape.pattern.fullmatch(line) is not None

    def _ends_text(self, line: bytes, before: bytes) -> bool:
        """Returns whether a line that looks whole is still the last of a text.

        Args:
            line: the line, without its end.
            before: the record before its open value, with the separator.
        """
        if self._shape is None or self._plain.fullmatch(line) or not self._closing.fullmatch(line):
            return False
        return not before or len(self._values(before[:-1])) <= self._shape.telling

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

    def double_escaped(self, line: bytes) -> bytes | None:
        """Returns the line with two quotes for each that is escaped, if it is a whole row then."""
        escape = b"\\" + self._quote
        if escape not in line:
            return None
        doubled = line.replace(escape, self._quote * 2)
        bare = doubled.removesuffix(b"\r")
        whole = self._closed.fullmatch(bare) and len(self._values(bare)) == self._width
        return doubled if whole else None

    def _is_comment(self, line: bytes) -> bool:
        return self._comment is not None and line.startswith(self._comment)

    def _learn(self, sample: Iterable[bytes]) -> RowShape | None:
        """Returns what rows look like; null if the sample has none, or rows have one value."""
        lines, start = list(sample), 0
        rows: list[list[bytes]] = []
        while start < len(lines) and len(rows) < _LEARNED_ROWS:
            count, broken = self.read_record(lines, start, more=False) or (1, True)
            values = self._values(b"\n".join(lines[start : start + count]).removesuffix(b"\r"))
            if not broken and len(values) == self._width:
                rows.append(values)
            start += count
        return RowShape.learn(rows, self._quote, self._mark) if rows and self._width > 1 else None

    def _values(self, line: bytes) -> list[bytes]:
        if self._quote not in line:
            return line.split(self._mark)
        return [found.group() for found in self._value.finditer(line)]
