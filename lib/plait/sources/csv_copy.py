"""Writes CSV files that Polars cannot read exactly as temporary copies that it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl

from plait.errors import UnreadableFile
from plait.sources.csv_header import CsvLayout
from plait.sources.csv_quotes import QuoteRules
from plait.sources.find_files import SourceFile
from plait.sources.text_files import (
    decode_blocks,
    is_text,
    is_utf8,
    iterate_lines,
    look_through,
    read_blocks,
    write_copy,
)

FAULT_MARK = "\0plait:"  # begins the fault of a broken line
TEXT_STAND_IN = "\x1a"  # stands for the separator in the text of a broken line without quotes
_SAMPLE_LINES = 20_000  # lines from which the quote rules learn
_STAND_INS = b"\x1f\x1e\x1d\x1c\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"


def prepare_copy(
    file: SourceFile, encoding: str, layout: CsvLayout, copies: ExitStack
) -> tuple[Path, str]:
    """Returns the path that Polars reads and its separator, of one byte; see csv_files.

    The path is the file itself if it is plain. Copies last until `copies` is closed. Memory is
    bounded by a block, or by the longest record.
    """
    if file.packed or not is_utf8(encoding):
        blocks = decode_blocks(file, encoding)
        file = replace(file, path=copies.enter_context(write_copy("decoded", blocks)))
    mark = layout.separator
    long = len(mark.encode()) > 1
    seen = look_through(file, layout.quote, _STAND_INS if long else b"")
    if long:
        if not seen.unused:
            raise UnreadableFile(
                f"'{file.name}' has control characters, so '{mark}' cannot be its separator.",
                fix=f"Correct the file, or set {file.setting}.csv.separator.",
            )
        stand_in = seen.unused[:1]
        blocks = _replace_separator(file, mark.encode(), stand_in)
        file = replace(file, path=copies.enter_context(write_copy("divided", blocks)))
        mark = stand_in.decode()
    if seen.valid and not (seen.quoted and (layout.returns or _has_broken_quotes(file, layout))):
        return file.path, mark
    blocks = _rewrite(file, replace(layout, separator=mark))
    return copies.enter_context(write_copy("repaired", blocks)), mark


def _replace_separator(file: SourceFile, mark: bytes, stand_in: bytes) -> Iterator[bytes]:
    rest = b""
    for block in read_blocks(file):
        # Only whole lines: a separator may lie across two blocks.
        cut = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
        if not cut:
            rest += block
            continue
        yield (rest + block[:cut]).replace(mark, stand_in)
        rest = block[cut:]
    yield rest.replace(mark, stand_in)


def _has_broken_quotes(file: SourceFile, layout: CsvLayout) -> bool:
    """Returns whether a line is not a whole record whose quotes are around values."""
    quote, mark = re.escape(layout.quote or ""), re.escape(layout.separator)
    value = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{mark}]*)"
    line = pl.col("line")
    odd = line.str.contains(layout.quote or "", literal=True) & ~line.str.contains(
        f"^{value}(?:{mark}{value})*\r?$"
    )
    if layout.comment:
        odd &= ~line.str.starts_with(layout.comment)
    lines = pl.scan_lines(file.path, name="line", glob=False)
    return lines.filter(odd).head(1).collect(engine="streaming").height > 0


def _rewrite(file: SourceFile, layout: CsvLayout) -> Iterator[bytes]:
    """Yields the file with every broken line as a row that tells its fault."""
    end = b"\r" if layout.returns else b"\n"
    lines = iterate_lines(read_blocks(file), end)
    for _ in range(layout.lines):
        yield next(lines, b"") + end
    if layout.quote is None:
        for line in lines:
            yield (line if is_text(line) else _tell(line, "bad_encoding", layout)) + end
        return
    sample = islice(iterate_lines(read_blocks(file), end), layout.lines, _SAMPLE_LINES)
    rules = QuoteRules(layout, sample)
    for record, broken in rules.check(lines):
        joined = end.join(record)
        if not is_text(joined):
            joined = _tell(joined, "bad_encoding", layout)
        elif broken:
            joined = _tell(joined, "bad_quote", layout)
        else:
            joined = rules.quote_anew(joined)
        yield joined + end


def _tell(line: bytes, fault: str, layout: CsvLayout) -> bytes:
    """Returns a row without values, whose fields beyond the columns are the fault and the line."""
    text = line.removesuffix(b"\r").decode(errors="replace")
    mark, quote = layout.separator, layout.quote
    if quote is None:
        text = text.replace(mark, TEXT_STAND_IN)
    else:
        text = quote + text.replace(quote, quote + quote) + quote
    return (mark * len(layout.columns) + FAULT_MARK + fault + mark + text).encode()
