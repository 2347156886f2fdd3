"""Where the header of a CSV file is, which columns it names, and which separator it uses."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from plait.config.source_settings import CsvSettings
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.text_files import read_head

_SEPARATORS = ",\t;|"
_SPELLED_OUT = {"tab": "\t", "\\t": "\t", "space": " "}
_HEAD_BYTES = (1 << 15, 1 << 22)  # bytes in which the header is sought, first and at most
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?')  # written before the header for spreadsheets
_SAMPLE_LINES = 50  # data lines that confirm a separator


@dataclass(frozen=True)
class CsvLayout:
    """How a CSV file is laid out.

    Attributes:
        columns: the names as they are written, in order; a name may occur twice or be empty.
        separator: the text between two values.
        quote: the character around values; null if quotes are ordinary characters.
        comment: the text that begins a comment line; null if there are none.
        lines: the lines before the first data row.
        returns: whether lines end with a lone carriage return.
    """

    columns: tuple[str, ...]
    separator: str
    quote: str | None
    comment: str | None
    lines: int
    returns: bool


def read_layout(file: SourceFile, settings: CsvSettings) -> CsvLayout | None:
    """Returns the layout of `file`; null if it has no header, and none is set."""
    for size in _HEAD_BYTES:
        head, whole = read_head(file, settings.encoding, size)
        layout, seen = _lay_out(head, settings, whole=whole)
        if whole or (layout is not None and layout.lines < seen):
            break
    return layout


def _lay_out(head: str, settings: CsvSettings, *, whole: bool) -> tuple[CsvLayout | None, int]:
    """Returns the layout that `head` tells, if it has the header, and the number of its lines."""
    returns = "\r" in head and "\n" not in head
    lines = re.split("\r" if returns else "\r?\n", head)
    if not whole:
        lines.pop()  # it may be cut
    mark = settings.separator
    mark = _SPELLED_OUT.get(mark.lower(), mark) if mark else None
    # Formats with longer separators have no quotes: a quote there is a part of the text.
    quote = None if settings.quote == "none" or len((mark or "").encode()) > 1 else settings.quote
    start, records = settings.skip, 0
    if settings.header is None:
        while start < len(lines) and _is_no_record(lines[start], settings.comment):
            start += 1
        if start >= len(lines):
            return None, len(lines)
        if told := _SEPARATOR_LINE.fullmatch(lines[start]):
            mark, start = mark or told[1], start + 1
        records = 1
    rest = [line for line in lines[start:] if not _is_no_record(line, settings.comment)]
    mark = mark or _detect_separator(rest, quote, len(settings.header or ()))
    columns = settings.header
    if columns is None:
        columns, records = _read_record(lines[start:], mark, quote)
    layout = CsvLayout(tuple(columns), mark, quote, settings.comment, start + records, returns)
    return layout, len(lines)


def _is_no_record(line: str, comment: str | None) -> bool:
    """Returns whether a line is blank, but for blanks, or a comment."""
    return not line.strip(" ") or (comment is not None and line.startswith(comment))


def _read_record(lines: list[str], separator: str, quote: str | None) -> tuple[list[str], int]:
    """Returns the values of the first record, and the number of its lines."""
    if len(separator) > 1 or quote is None:
        return lines[0].split(separator), 1
    read = csv.reader((f"{line}\n" for line in lines), delimiter=separator, quotechar=quote)
    try:
        values = next(read)
    except csv.Error:
        return lines[0].split(separator), 1
    if read.line_num >= len(lines) > 1 and any("\n" in value for value in values):
        return lines[0].split(separator), 1  # the quote is never closed
    return values, read.line_num


def _detect_separator(lines: list[str], quote: str | None, width: int) -> str:
    """Returns the mark that divides the first line and the lines after it in the same way.

    Marks inside quotes do not count. A mark that gives the data lines as many values as the first
    line wins over one that does not; then the one with more values.
    """
    sample = lines[: _SAMPLE_LINES + 1]

    def rate(mark: str) -> tuple[float, int]:
        counts = [len(split_line(line, mark, quote)) for line in sample]
        wanted = width or (counts[0] if counts else 0)
        if wanted < 2:
            return -1.0, 0
        data = counts if width else counts[1:]
        return (sum(n == wanted for n in data) / len(data) if data else 0.0), wanted

    rates = {mark: rate(mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: (rates[mark][0] > 0.5, rates[mark][1]))
    return best if rates[best][0] >= 0 else ","


def split_line(line: str, separator: str, quote: str | None) -> list[str]:
    """Returns the values of one line, as written; separators inside quotes do not divide it."""
    if quote is None or quote not in line:
        return line.split(separator)
    values: list[str] = []
    start = place = 0
    while True:
        if line.startswith(quote, place):
            place += 1
            while (close := line.find(quote, place)) >= 0 and line.startswith(quote, close + 1):
                place = close + 2
            place = len(line) if close < 0 else close + 1
        end = line.find(separator, place)
        if end < 0:
            return [*values, line[start:]]
        values.append(line[start:end])
        start = place = end + len(separator)
