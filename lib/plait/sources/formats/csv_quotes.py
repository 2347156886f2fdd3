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
from plait.sources.formats.csv_records import Effect, OpenValues
from plait.sources.formats.csv_rows import RowShape

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
        self._closing: Final = re.compile(inside + q + rb"((?:" + after + rb")*+)")
        reopened = q + s + rb"((?:" + value + s + rb")*+)" + q + inside
        self._staying: Final = re.compile(inside + rb"(?:" + reopened + rb")?")
        plain = rb"(?:" + q + inside + q + rb"|[^" + q + s + rb"]*+)"
        self._plain: Final = re.compile(plain + rb"(?:" + s + plain + rb")*+")
        self._shape: RowShape | None = None
        self._shape = self._learn(sample)

    def open_values(self, lines: Sequence[bytes]) -> OpenValues:
        """Returns what finds the ends of records in `lines`."""
        return OpenValues(lines, self._continue)

    def read_record(self, values: OpenValues, start: int, *, more: bool) -> tuple[int, bool] | None:
        """Returns how many lines a record has, and whether its quotes are broken.

        A broken record is one line. Comments and blank lines are records of their own.

        Args:
            values: what finds the ends of records in some lines of the file.
            start: the number of the record's first line; it may not decrease from call to call.
            more: whether the file has more lines after these. Then the result is null if they have
                to be known.
        """
        line = values.lines[start]
        bare = line.removesuffix(b"\r")
        if self._quote not in line or self._is_comment(line) or self._closed.fullmatch(bare):
            return 1, False
        opened = self._opened.fullmatch(line)
        found = values.find_end(start) if opened else None
        if opened is None or found is None:
            return 1, True
        end, marks = found
        if end == len(values.lines):
            return None if more else (1, True)
        if self.looks_whole(values.lines[end].removesuffix(b"\r")) and self._tells(opened[1]):
            return 1, True
        whole = self._count_marks(opened[1]) + marks + 1 == self._width
        return (end + 1 - start, False) if whole else (1, True)

    def _continue(self, line: bytes) -> tuple[Effect, int]:
        """Returns what `line` does to an open value, and its separators outside of quotes."""
        bare = line.removesuffix(b"\r")
        closing = self._closing.fullmatch(bare)
        if self.looks_whole(bare) and (closing is None or self._plain.fullmatch(bare)):
            return Effect.BREAKS, 0
        if self._quote not in bare:
            return Effect.STAYS, 0
        if closing:
            return Effect.CLOSES, self._count_marks(closing[1])
        if staying := self._staying.fullmatch(bare):
            return Effect.STAYS, 0 if staying[1] is None else 1 + self._count_marks(staying[1])
        return Effect.BREAKS, 0

    def _count_marks(self, part: bytes) -> int:
        """Returns the separators between the values of a part of a record."""
        return len(self._values(part)) - 1

    def looks_whole(self, line: bytes) -> bool:
        """Returns whether a line, without its end, looks like a whole row."""
        return self._shape is not None and self._shape.pattern.fullmatch(line) is not None

    def _tells(self, before: bytes) -> bool:
        """Returns whether values `before` an open one tell rows from the lines of a text."""
        return bool(before) and (
            self._shape is None or self._count_marks(before) > self._shape.telling
        )

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
        opened = self.open_values(lines)
        rows: list[list[bytes]] = []
        while start < len(lines) and len(rows) < _LEARNED_ROWS:
            count, broken = self.read_record(opened, start, more=False) or (1, True)
            values = self._values(b"\n".join(lines[start : start + count]).removesuffix(b"\r"))
            if not broken and len(values) == self._width:
                rows.append(values)
            start += count
        return RowShape.learn(rows, self._quote, self._mark) if rows and self._width > 1 else None

    def _values(self, line: bytes) -> list[bytes]:
        if self._quote not in line:
            return line.split(self._mark)
        return [found.group() for found in self._value.finditer(line)]
