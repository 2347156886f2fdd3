"""Writes CSV files that Polars cannot read exactly as temporary copies that it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from plait.errors import UnreadableFile
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_header import CsvLayout
from plait.sources.formats.csv_repair import learn_rules, repair_lines
from plait.sources.formats.csv_syntax import is_well_formed
from plait.sources.formats.text_files import (
    decode_blocks,
    is_utf8,
    look_through,
    read_blocks,
    write_copy,
)

_STAND_INS = b"\x1f\x1e\x1d\x1c\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"


@dataclass(frozen=True)
class PreparedFile:
    """A file that Polars reads: its separator is one byte; `repaired` if it has broken lines."""

    path: Path
    separator: str
    repaired: bool


def prepare_copy(
    file: SourceFile, encoding: str, layout: CsvLayout, copies: ExitStack
) -> PreparedFile:
    """Returns what Polars reads; see csv_files.

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
    layout = replace(layout, separator=mark)
    rules = cache(partial(learn_rules, file, layout))  # if they are needed
    plain = not seen.quoted or (
        not layout.returns
        and not layout.comment
        and is_well_formed(read_blocks(file), layout, lambda line: rules().looks_whole(line))
    )
    if seen.valid and plain:
        return PreparedFile(file.path, mark, repaired=False)
    blocks = repair_lines(file, layout, rules() if seen.quoted else None)
    path = copies.enter_context(write_copy("repaired", blocks))
    return PreparedFile(path, mark, repaired=True)


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
