"""Text files of any compression and encoding, opened as a stream or as a UTF-8 copy."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from plait.errors import UnreadableFile
from plait.sources.files.file_format import utf_16_name
from plait.sources.files.source_file import SourceFile
from plait.store.leased_folder import LeasedFolder
from plait.store.local_folders import scratch_folder

BLOCK_BYTES = 1 << 20  # bytes read at once: few enough for the cache of a core
_BOM = codecs.BOM_UTF8
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_utf8(encoding: str) -> bool:
    """Returns whether `encoding` (as codecs names it) needs no translation."""
    return encoding in ("utf-8", "ascii", "utf-8-sig")


def actual_encoding(file: SourceFile, encoding: str) -> str:
    """Returns utf-16 for a file that begins with its byte order mark, else `encoding`."""
    if not is_utf8(encoding):
        return encoding
    head = next(read_blocks(file, 2), b"")
    return "utf-16" if head in _WIDE_BOMS else encoding


def open_bytes(file: SourceFile) -> BinaryIO:
    """Opens the unpacked bytes of `file`."""
    if file.packed == ".gz":
        return cast("BinaryIO", gzip.open(file.path, "rb"))
    if file.packed == ".zst":
        return cast("BinaryIO", pa.CompressedInputStream(str(file.path), "zstd"))
    if file.packed == ".bz2":
        return cast("BinaryIO", bz2.open(file.path, "rb"))
    if file.packed == ".xz":
        return cast("BinaryIO", lzma.open(file.path, "rb"))
    return file.path.open("rb")


def read_blocks(file: SourceFile, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yields the unpacked bytes of `file` in blocks.

    Raises:
        OSError: the file cannot be read, or ends too early for its compression.
    """
    with open_bytes(file) as opened:
        while block := _read(opened, size):
            yield block


def _read(opened: BinaryIO, size: int) -> bytes:
    try:
        return opened.read(size)
    except EOFError:
        raise OSError("unexpected end of file") from None
    except lzma.LZMAError as error:
        raise OSError(str(error)) from None


def count_bytes(file: SourceFile) -> int:
    """Returns the size of the unpacked text of `file`, of which one block is in memory at a time.

    Raises:
        OSError: the file cannot be read.
    """
    return sum(map(len, read_blocks(file))) if file.packed else file.path.stat().st_size


def read_head(file: SourceFile, encoding: str, size: int = 1 << 15) -> tuple[str, bool]:
    """Returns the text of the first `size` bytes of `file`, and whether that is all of it.

    Raises:
        UnreadableFile: it is UTF-16, and the encoding is another one.
    """
    head = b""
    for block in read_blocks(file, size):
        head += block
        if len(head) >= size:
            break
    name = "utf-8" if is_utf8(encoding) else encoding
    if name == "utf-8" and (other := utf_16_name(head)):
        raise UnreadableFile(
            f"'{file.name}' is {other.upper()} text.",
            fix=f"Set {file.setting}.csv.encoding: {other}",
        )
    text = codecs.getincrementaldecoder(name)("replace").decode(head)
    return text.removeprefix("\ufeff"), len(head) < size


def decode_blocks(file: SourceFile, encoding: str) -> Iterator[bytes]:
    """Yields the text of `file` as UTF-8 in blocks; bytes of a UTF-8 file are not checked.

    Raises:
        UnreadableFile: the text is not in `encoding`.
    """
    if is_utf8(encoding):
        yield from read_blocks(file)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for block in read_blocks(file):
            text = decoder.decode(block)
            lines += text.count("\n")
            yield text.encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise UnreadableFile(
            f"'{file.name}' is not {encoding} text: line {lines:,} or one of the lines after it "
            f"cannot be decoded ({reason}).",
            fix=f"Set {file.setting}.csv.encoding: "
            f"{'utf-8' if encoding != 'cp1252' else 'latin-1'}",
        ) from None


@dataclass(frozen=True)
class TextFacts:
    """What the bytes of a file hold: a quote, only valid UTF-8, and none of the unused bytes."""

    quoted: bool
    valid: bool
    unused: bytes


def look_through(file: SourceFile, quote: str | None = None, marks: bytes = b"") -> TextFacts:
    """Returns what `file` holds; `unused` are those of `marks` that it does not hold."""
    wanted = quote.encode() if quote else None
    quoted, valid = False, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    split = False  # whether the last block ended inside a character
    for block in read_blocks(file):
        quoted = quoted or (wanted is not None and wanted in block)
        marks = bytes(mark for mark in marks if mark not in block) if marks else marks
        if valid and (split or not block.isascii()):
            try:
                decoder.decode(block)
                split = bool(decoder.getstate()[0])
            except UnicodeDecodeError:
                valid = False
    return TextFacts(quoted, valid and not split, marks)


def is_text(line: bytes) -> bool:
    """Returns whether `line` is valid UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def without_bom(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yields `blocks` without a byte order mark at the beginning."""
    first = b""
    for block in blocks:
        first += block
        if len(first) >= len(_BOM):
            break
    yield first.removeprefix(_BOM)
    yield from blocks


def iterate_lines(blocks: Iterator[bytes], end: bytes = b"\n") -> Iterator[bytes]:
    """Yields the lines of `blocks` without their ends; a BOM is removed from the first."""
    rest = b""
    for block in without_bom(blocks):
        *lines, rest = (rest + block).split(end)
        yield from lines
    if rest:
        yield rest


@contextmanager
def write_copy(name: str, blocks: Iterator[bytes]) -> Iterator[Path]:
    """Writes `blocks` to a temporary file, yields its path, and removes it at the end."""
    lease = LeasedFolder(scratch_folder())
    path = lease.folder / name
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("wb") as copy:
            copy.writelines(blocks)
        yield path
    finally:
        lease.close()
