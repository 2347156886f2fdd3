"""Makes lines of text readable for Polars: UTF-8 with line feeds, undecodable lines marked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from plait.sources.files.source_file import SourceFile
from plait.sources.formats.text_files import (
    decode_blocks,
    is_text,
    is_utf8,
    iterate_lines,
    look_through,
    read_blocks,
    read_head,
    write_copy,
)

UNDECODABLE = "\0plait:bad_encoding"  # begins a line that is not text in a repaired copy
_READ_PACKED = ("", ".gz", ".zst")  # compressions that Polars reads


def prepare_lines(file: SourceFile, encoding: str, copies: ExitStack) -> SourceFile:
    """Returns a file that is UTF-8 and has line feeds: `file` itself, or a temporary copy.

    Copies last until `copies` is closed.

    Raises:
        UnreadableFile: the text is not in `encoding`.
        OSError: the file cannot be read.
    """
    if file.packed not in _READ_PACKED or not is_utf8(encoding):
        blocks = decode_blocks(file, encoding)
        file = replace(file, path=copies.enter_context(write_copy("decoded", blocks)))
    head, _ = read_head(file, "utf-8")
    returns = "\r" in head and "\n" not in head
    if returns or not look_through(file).valid:
        blocks = _rewrite(file, b"\r" if returns else b"\n")
        file = replace(file, path=copies.enter_context(write_copy("repaired", blocks)))
    return file


def _rewrite(file: SourceFile, end: bytes) -> Iterator[bytes]:
    for line in iterate_lines(read_blocks(file), end):
        if is_text(line):
            yield line + b"\n"
        else:
            yield (UNDECODABLE + line.decode(errors="replace") + "\n").encode()
