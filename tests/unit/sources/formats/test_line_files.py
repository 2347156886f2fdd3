"""Lines that a regular expression reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plait.errors import UnknownColumn
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.line_files import LineReader, line_columns
from plait.sources.values.value_path import Field

WriteSource = Callable[..., SourceFile]
PATTERN = r"^(?P<ip>\S+) (\S+) \[(?<time>[^\]]+)\](?: (?P<bytes>\d+))?$"
LINES = 'é1 - [now] 12\n\n  \r\nbroken "line\r\né2 x [then]\r\n'


def _read(file: SourceFile, chunk: int = 1000, encoding: str = "utf-8") -> list[tuple[Any, ...]]:
    paths = [(Field(name),) for name in ("time", "ip", "bytes")]
    frames = LineReader(file, PATTERN, encoding).read(paths, chunk)
    return [row for frame in frames for row in frame.rows()]


def test_named_groups_are_the_columns() -> None:
    assert line_columns(PATTERN) == ["ip", "time", "bytes"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("chunk", [1, 1000])
def test_rows_are_lines(write_source: WriteSource, encoding: str, chunk: int) -> None:
    file = write_source(LINES.encode(encoding), "log.txt")
    assert _read(file, chunk, encoding) == [
        (1, "now", "é1", "12", None, True, None),
        (4, None, None, None, "bad_line", False, 'broken "line'),
        (5, "then", "é2", None, None, True, None),
    ]


def test_old_line_ends_a_bom_and_bytes_that_are_no_text(write_source: WriteSource) -> None:
    file = write_source(b"\xef\xbb\xbfa - [b] 1\rc - [\xe9]\r\rd - [e]", "log.txt")
    assert _read(file) == [
        (1, "b", "a", "1", None, True, None),
        (2, None, None, None, "bad_encoding", False, "c - [�]"),
        (4, "e", "d", None, None, True, None),
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf\n"])
def test_files_without_rows(write_source: WriteSource, content: bytes) -> None:
    assert _read(write_source(content, "log.txt")) == []


def test_a_column_that_is_no_group(write_source: WriteSource) -> None:
    file = write_source(b"x", "log.txt")
    with pytest.raises(UnknownColumn, match=r"no group 'tim'.*'time'"):
        list(LineReader(file, PATTERN).read([(Field("tim"),)], 1))
