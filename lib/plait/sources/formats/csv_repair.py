"""Repairs the lines of a CSV file that Polars cannot read exactly; the others are not touched.

Blocks of legal records are passed on as they are. In other blocks, numpy finds the lines that have
to be looked at by the rules of csv_quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_header import CsvLayout
from plait.sources.formats.csv_quotes import QuoteRules
from plait.sources.formats.csv_syntax import count_legal, find_odd_lines
from plait.sources.formats.text_files import is_text, iterate_lines, read_blocks, without_bom

FAULT_MARK = "\0plait:"  # begins the fault of a broken line
TEXT_STAND_IN = "\x1a"  # stands for the separator in the text of a broken line without quotes
_SAMPLE_LINES = 20_000  # lines from which the quote rules learn
_BLOCK_BYTES = 1 << 17  # few enough that a broken line leaves most of a file untouched


def learn_rules(file: SourceFile, layout: CsvLayout) -> QuoteRules:
    """Returns the rules of the quotes of `file`, learned from its first lines."""
    lines = iterate_lines(read_blocks(file), b"\r" if layout.returns else b"\n")
    return QuoteRules(layout, islice(lines, layout.lines, _SAMPLE_LINES))


def repair_lines(file: SourceFile, layout: CsvLayout, rules: QuoteRules | None) -> Iterator[bytes]:
    """Yields the file with every broken line as a row that tells its fault.

    Values with quotes inside only get quotes around them. Every line gets an end.

    Args:
        file: the file.
        layout: its layout.
        rules: the rules of its quotes; null if it has none.
    """
    end = b"\r" if layout.returns else b"\n"
    repair = _LineRepair(layout, rules, end)
    text, skip = b"", layout.lines
    for block in without_bom(read_blocks(file, _BLOCK_BYTES)):
        text += block
        while skip and (cut := text.find(end) + 1):
            yield text[:cut]
            text, skip = text[cut:], skip - 1
        if not skip and (cut := text.rfind(end) + 1):
            repaired, used = repair(text[:cut], more=True)
            yield repaired
            text = text[used:]
    for _ in range(skip):  # the file ends before its rows begin
        yield text + end
        text = b""
    if text:
        yield repair(text if text.endswith(end) else text + end, more=False)[0]


class _LineRepair:
    """Repairs whole lines, of which the first begins a record.

    Args:
        layout: the layout of the file.
        rules: the rules of its quotes; null if it has none.
        end: the end of a line.
    """

    def __init__(self, layout: CsvLayout, rules: QuoteRules | None, end: bytes) -> None:
        self._layout = layout
        self._rules = rules
        self._end = end
        self._quote = (layout.quote or "").encode()
        self._comment = (layout.comment or "").encode()
        q, s = re.escape(self._quote), re.escape(layout.separator.encode())
        within = b"[^" + s + end + b"]*"
        self._stray = re.compile(b"(?<![^" + s + end + b"])[^" + s + q + end + b"]+" + q + within)

    def __call__(self, text: bytes, *, more: bool) -> tuple[bytes, int]:
        """Returns the repaired lines, and how many bytes of `text` they are.

        If the file has more lines, a record that may go on in them is left.
        """
        valid = is_text(text)
        if valid and (self._rules is None or self._quote not in text):
            return text, len(text)
        legal = 0
        if valid and self._rules and not self._layout.returns and not self._comment:
            looks_whole = self._rules.looks_whole
            legal = count_legal(self._end + text, self._layout, looks_whole)
            if legal == len(text):
                return text, legal
        repaired, used = self._repair_odd(text[legal:], valid=valid, more=more)
        return text[:legal] + repaired, legal + used

    def _repair_odd(self, text: bytes, *, valid: bool, more: bool) -> tuple[bytes, int]:
        lines = text.split(self._end)[:-1]
        stray, others = self._find_odd(text, lines, valid=valid)
        written = list(lines)
        for place, line in zip(stray, self._quote_strays(lines[n] for n in stray), strict=True):
            written[place] = line
        values = self._rules.open_values(lines) if self._rules else None
        done: list[bytes] = []
        place = 0
        for start in others:
            if start < place:  # it is inside the record before
                continue
            done += written[place:start]
            count, broken = 1, False
            if self._rules is not None and values is not None:
                found = self._rules.read_record(values, start, more=more)
                if found is None:
                    used = sum(map(len, lines[:start])) + start
                    return b"".join(line + self._end for line in done), used
                count, broken = found
            done.append(self._repair_record(self._end.join(lines[start : start + count]), broken))
            place = start + count
        done += written[place:]
        return self._end.join(done) + self._end, len(text)

    def _find_odd(
        self, text: bytes, lines: list[bytes], *, valid: bool
    ) -> tuple[list[int], list[int]]:
        """Returns the lines with stray quotes, and those that need a closer look, by number."""
        bad = set() if valid else {n for n, line in enumerate(lines) if not is_text(line)}
        if self._rules is None:
            return [], sorted(bad)
        odd = find_odd_lines(self._end + text, self._layout)
        stray, others = odd.stray, odd.others
        if self._comment:
            stray, others = (
                [n for n in found if not lines[n].startswith(self._comment)]
                for found in (stray, others)
            )
        return [n for n in stray if n not in bad], sorted({*others, *bad}) if bad else others

    def _quote_strays(self, lines: Iterator[bytes]) -> list[bytes]:
        """Returns lines whose quotes are all inside of values with quotes around these values."""
        text = self._end.join(line.removesuffix(b"\r") for line in lines)
        if not text:
            return []
        doubled = text.replace(self._quote, self._quote * 2)
        template = re.escape(self._quote)
        quoted = self._stray.sub(template + rb"\g<0>" + template, doubled)
        return quoted.split(self._end)

    def _repair_record(self, record: bytes, broken: bool) -> bytes:
        if not is_text(record):
            return _tell(record, "bad_encoding", self._layout)
        if broken:
            escaped = self._rules.double_escaped(record) if self._rules else None
            return escaped or _tell(record, "bad_quote", self._layout)
        return record if self._rules is None else self._rules.quote_anew(record)


def _tell(line: bytes, fault: str, layout: CsvLayout) -> bytes:
    """Returns a row without values, whose fields beyond the columns are the fault and the line."""
    text = line.removesuffix(b"\r").decode(errors="replace")
    mark, quote = layout.separator, layout.quote
    if quote is None:
        text = text.replace(mark, TEXT_STAND_IN)
    else:
        text = quote + text.replace(quote, quote + quote) + quote
    return (mark * len(layout.columns) + FAULT_MARK + fault + mark + text).encode()
