"""Tells quickly which records and lines of a CSV file follow the rules of csv_quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plait.sources.formats.csv_header import CsvLayout

MAX_RECORD_BYTES = 1 << 20  # bytes of the longest record of several lines
_LINE_FEED, _RETURN = 10, 13
_Places = NDArray[np.int64]
LooksWhole = Callable[[bytes], bool]


def is_well_formed(blocks: Iterator[bytes], layout: CsvLayout, looks_whole: LooksWhole) -> bool:
    """Returns whether every quote of the file begins or ends a value, or is doubled inside one.

    A record of several lines must have as many values as there are columns, and no line inside its
    quoted values may look like a row.

    Args:
        blocks: the blocks of the whole file.
        layout: its layout; lines end with line feeds.
        looks_whole: tells whether a line, which has enough separators, looks like a row.
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
        odd = rest.count(quote, 0, cut) % 2
        while cut > 0 and odd:  # all line ends after the last quote are inside the same value
            end, cut = cut, rest.rfind(b"\n", 0, rest.rfind(quote, 0, cut))
            odd ^= rest.count(quote, max(cut, 0), end) % 2
            if len(rest) - cut > 2 * MAX_RECORD_BYTES:
                return False
        if cut > 0 and count_legal(rest[: cut + 1], layout, looks_whole) < cut:
            return False
        rest = rest[max(cut, 0) :]
        if len(rest) > 4 * MAX_RECORD_BYTES:
            return False
    return quote not in rest or count_legal(rest + b"\n", layout, looks_whole) == len(rest)


def count_legal(records: bytes, layout: CsvLayout, looks_whole: LooksWhole) -> int:
    """Returns the bytes of the legal records before the first that is not, or goes on.

    Args:
        records: records, with a line feed before the first and after the last.
        layout: the layout of the file, whose lines end with line feeds.
        looks_whole: see is_well_formed.
    """
    text = np.frombuffer(records, np.uint8)
    mark, quote = ord(layout.separator), ord(layout.quote or "")
    quotes, feeds = np.flatnonzero(text == quote), np.flatnonzero(text == _LINE_FEED)
    opening, closing = quotes[::2], quotes[1::2]
    before, after = text[opening - 1], text[closing + 1]
    opens = (before == mark) | (before == _LINE_FEED) | (before == quote)
    closes = (after == mark) | (after == _LINE_FEED) | (after == quote)
    closes[after == _RETURN] = text[closing[after == _RETURN] + 2] == _LINE_FEED
    inside = np.searchsorted(quotes, feeds) % 2 == 1
    ends = feeds[~inside]
    wrong = [opening[~opens], closing[~closes]]
    if inside.any():
        marks, width = np.flatnonzero(text == mark), len(layout.columns)
        wrong.append(_find_wrong_spans(marks, quotes, feeds, inside, width))
        for start, end in _find_candidates(marks, feeds, inside, width):
            if looks_whole(records[start:end].removesuffix(b"\r")):
                wrong.append(np.array([start]))
                break
    first = min((int(places[0]) for places in wrong if len(places)), default=len(text))
    return int(ends[np.searchsorted(ends, first) - 1])


def _find_candidates(
    marks: _Places, feeds: _Places, inside: NDArray[np.bool_], width: int
) -> list[tuple[int, int]]:
    """Returns where the lines begin and end that begin in quotes and have enough separators."""
    if width == 1:
        return []
    in_line = np.diff(np.searchsorted(marks, feeds))
    found = np.flatnonzero(inside[:-1] & (in_line >= width - 1))
    return list(zip((feeds[found] + 1).tolist(), feeds[found + 1].tolist(), strict=True))


def _find_wrong_spans(
    marks: _Places, quotes: _Places, feeds: _Places, inside: NDArray[np.bool_], width: int
) -> _Places:
    """Returns the starts of records of several lines that are too long, or lack values.

    Args:
        marks: where the separators are.
        quotes: where the quotes are.
        feeds: where the line feeds are.
        inside: which line feeds are in quotes.
        width: the number of columns.
    """
    ends = feeds[~inside]
    dividing = marks[np.searchsorted(quotes, marks) % 2 == 0]
    values = np.diff(np.searchsorted(dividing, ends)) + 1
    several = np.unique(np.searchsorted(ends, feeds[inside])) - 1
    several = several[several < len(values)]  # the last may go on
    wrong = (values[several] != width) | (np.diff(ends)[several] > MAX_RECORD_BYTES)
    starts: _Places = ends[several[wrong]] + 1
    return starts


@dataclass(frozen=True)
class OddLines:
    """The lines, by number from 0, that are not legal records by themselves.

    Attributes:
        stray: lines in which no value begins with a quote, though there are quotes inside.
        others: those that need a closer look: they are broken, or not whole records.
    """

    stray: list[int]
    others: list[int]


def find_odd_lines(lines: bytes, layout: CsvLayout) -> OddLines:
    """Returns the odd ones of `lines`, which have an end before the first and after the last."""
    text = np.frombuffer(lines, np.uint8)
    mark, quote = ord(layout.separator), ord(layout.quote or "")
    end = _RETURN if layout.returns else _LINE_FEED
    quotes, ends = np.flatnonzero(text == quote), np.flatnonzero(text == end)
    first = np.searchsorted(quotes, ends)  # the first quote of each line
    counts = np.diff(first)
    line = np.repeat(np.arange(len(counts)), counts)  # of each quote
    before, after = text[quotes - 1], text[quotes + 1]
    begins = (before == mark) | (before == end)
    closes = (after == mark) | (after == end) | (after == quote)
    if not layout.returns:
        closes[after == _RETURN] = text[quotes[after == _RETURN] + 2] == end
    opening = (np.arange(len(quotes)) - first[line]) % 2 == 0
    legal = np.where(opening, begins | (before == quote), closes)
    wrong = counts % 2 == 1
    wrong[line[~legal]] = True
    stray = counts > 0
    stray[line[begins]] = False
    return OddLines(np.flatnonzero(stray).tolist(), np.flatnonzero(wrong & ~stray).tolist())
