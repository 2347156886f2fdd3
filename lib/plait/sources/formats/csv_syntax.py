"""Tells quickly whether the quotes of a CSV file follow the rules of csv_quotes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from plait.sources.formats.csv_header import CsvLayout

MAX_RECORD_BYTES = 1 << 20  # bytes of the longest record of several lines
_LINE_FEED, _RETURN = 10, 13


def is_well_formed(blocks: Iterator[bytes], layout: CsvLayout) -> bool:
    """Returns whether every quote of the file begins or ends a value, or is doubled inside one.

    A line inside a quoted value may not have as many separators as a row: such a file needs a
    closer look, and the answer is false. So it is for a record of several lines with more or fewer
    values than columns. The blocks are those of the whole file, whose lines end with line feeds.
    """
    quote = (layout.quote or "").encode()
    rest, skip = b"\n", layout.lines  # before every record is a line feed
    for block in blocks:
        rest += block
        while skip and (end := rest.find(b"\n", 1)) >= 0:
            rest, skip = rest[end:], skip - 1
        if skip:
            continue
        cut = rest.rfind(b"\n")
        if quote not in rest:
            rest = rest[cut:]
            continue
        while cut > 0 and rest.count(quote, 0, cut) % 2:
            cut = rest.rfind(b"\n", 0, cut)
            if len(rest) - cut > 2 * MAX_RECORD_BYTES:
                return False
        if cut > 0 and not _is_legal(rest[: cut + 1], quote[0], layout):
            return False
        rest = rest[max(cut, 0) :]
        if len(rest) > 4 * MAX_RECORD_BYTES:
            return False
    return quote not in rest or _is_legal(rest + b"\n", quote[0], layout)


def _is_legal(records: bytes, quote: int, layout: CsvLayout) -> bool:
    """Checks whole records, with a line feed before the first and after the last."""
    text = np.frombuffer(records, np.uint8)
    mark, width = ord(layout.separator), len(layout.columns)
    quotes = np.flatnonzero(text == quote)
    if len(quotes) % 2:
        return False
    before, after = text[quotes[::2] - 1], text[quotes[1::2] + 1]
    opens = (before == mark) | (before == _LINE_FEED) | (before == quote)
    closes = (after == mark) | (after == _LINE_FEED) | (after == quote)
    closes[after == _RETURN] = text[quotes[1::2][after == _RETURN] + 2] == _LINE_FEED
    if not (opens.all() and closes.all()):
        return False
    feeds = np.flatnonzero(text == _LINE_FEED)
    inside = np.searchsorted(quotes, feeds) % 2 == 1
    return not inside.any() or _spans_lines_legally(text, quotes, feeds, inside, mark, width)


def _spans_lines_legally(
    text: NDArray[np.uint8],
    quotes: NDArray[np.int64],
    feeds: NDArray[np.int64],
    inside: NDArray[np.bool_],
    mark: int,
    width: int,
) -> bool:
    """Checks the records of several lines; `inside` tells which line feeds are in quotes."""
    marks = np.flatnonzero(text == mark)
    in_line = np.diff(np.searchsorted(marks, feeds))  # separators between two line feeds
    if width > 1 and (in_line[inside[:-1]] >= width - 1).any():
        return False
    ends = feeds[~inside]
    dividing = marks[np.searchsorted(quotes, marks) % 2 == 0]
    values = np.diff(np.searchsorted(dividing, ends)) + 1
    several = np.unique(np.searchsorted(ends, feeds[inside])) - 1
    return bool(
        (values[several] == width).all() and (np.diff(ends)[several] <= MAX_RECORD_BYTES).all()
    )
