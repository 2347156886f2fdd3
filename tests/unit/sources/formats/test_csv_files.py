"""CSV files as they are found: any separator, encoding, header and quote."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.config.source_settings import CsvSettings
from plait.errors import UnknownColumn, UnreadableFile
from plait.sources.columns.raw_columns import FAULT
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_files import CsvReader
from plait.sources.values.value_path import Field

WriteSource = Callable[..., SourceFile]
Row = tuple[Any, ...]
_PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def _read(
    file: SourceFile, columns: list[str] | None = None, chunk: int = 2, **how: Any
) -> list[Row]:
    reader = CsvReader(file, CsvSettings(**how))
    try:
        wanted = reader.columns().names if columns is None else columns
    except pl.exceptions.NoDataError:
        return []
    paths = [(Field(name),) for name in wanted]
    return [row for frame in reader.read(paths, chunk) for row in frame.rows()]


def _columns(file: SourceFile, **how: Any) -> Sequence[str]:
    return CsvReader(file, CsvSettings(**how)).columns().names


def _good(number: int, *values: str | None) -> Row:
    return (number, *values, None, True, None)


def _bad(number: int, width: int, fault: str, line: str) -> Row:
    return (number, *[None] * width, fault, False, line)


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (b"1,x\n2,y\n", {"header": ["a", "b"]}),
        (b'report "of\ntoday\n1,x\n2,y', {"header": ["a", "b"], "skip": 2}),
        (b'report "of\ntoday\na,b\n1,x\n2,y', {"skip": 2}),
        (b'# "one\na,b\n# two\n1,x\n#\n2,y\n# "end', {"comment": "#"}),
        (b"a::b\n1::x\n2::y\n", {"separator": "::"}),
        (b"a||b\r\n1||x\r\n2||y\r\n", {"separator": "||"}),
        (b"a - b\r1 - x\r2 - y\r", {"separator": " - "}),
        (b"a\tb\n1\tx\n2\ty\n", {"separator": "tab"}),
        (b"a\tb\n1\tx\n2\ty\n", {"separator": "\\t"}),
        (b"a b\n1 x\n2 y\n", {"separator": "space"}),
        (b"a;b\n1;x\n2;y\n", {}),
        (b"a|b\n1|x\n2|y\n", {}),
        (b"a,b\r1,x\r2,y", {}),
        (b'\xef\xbb\xbf"a","b"\n1,x\n2,"y"\n', {}),
        (b"\n\na , b\n1,x\n2,y\n", {}),
    ],
)
def test_dialects_give_the_same_rows(
    write_source: WriteSource, content: bytes, how: dict[str, Any]
) -> None:
    file = write_source(content)
    assert _columns(file, **how) == ["a", "b"]
    assert _read(file, **how) == [_good(1, "1", "x"), _good(2, "2", "y")]


def test_rows_that_differ_from_the_given_header(write_source: WriteSource) -> None:
    file = write_source(b"1::x::9\n2::y\n")
    assert _read(file, separator="::", header=["a", "b"]) == [
        (1, "1", "x", "ragged_row", False, None),
        _good(2, "2", "y"),
    ]
    assert _read(file, separator="::", header=["a", "b", "c", "d"])[0] == (
        1, "1", "x", "9", None, None, False, None,
    )  # fmt: skip


def test_the_first_row_may_have_many_values_too_many(write_source: WriteSource) -> None:
    file = write_source(b"a,b\n1,x,3,4,5,6\n2,y\n")
    assert _read(file) == [(1, "1", "x", "ragged_row", False, None), _good(2, "2", "y")]


def test_a_long_separator_may_lie_across_blocks(write_source: WriteSource) -> None:
    rows = [(str(n), f'"{n}: ' + "x" * (n % 97), "end\x1f") for n in range(30_000)]
    file = write_source("".join("::".join(row) + "\n" for row in rows).encode())
    got = _read(file, chunk=10**6, separator="::", header=["a", "b", "c"])
    assert [row[1:4] for row in got] == rows


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (b'"a;b,c","d"\n1,2\n', ["a;b,c", "d"]),
        (b'"x;y|z"\n"1;2"\n', ["x;y|z"]),
        (b"title\na;b;c\nd;e\n", ["title"]),
        (b"a,b;c,d;e,f\n1;2;3\n4;5;6\n", ["a,b", "c,d", "e,f"]),
        (b"a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n", ["a", "b", "c"]),
        (b'"two\nlines",b\n1,2\n', ["two\nlines", "b"]),
        (b"a,,c\n1,2,3\n", ["a", "", "c"]),
    ],
)
def test_separator_is_detected_by_quotes_and_data(
    write_source: WriteSource, content: bytes, columns: list[str]
) -> None:
    assert _columns(write_source(content)) == columns


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-8", "cp1250", "shift_jis"]
)
@pytest.mark.parametrize("packed", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_encodings(write_source: WriteSource, tmp_path: Path, encoding: str, packed: str) -> None:
    name = {"shift_jis": "猫", "cp1250": "ł"}.get(encoding, "é")
    content = f"user,{name}\r\n1,{name}\r\n".encode(encoding)
    if packed in _PACK:
        content = _PACK[packed](content)
    elif packed:
        with pa.CompressedOutputStream(str(tmp_path / "z"), "zstd") as out:
            out.write(content)
        content = (tmp_path / "z").read_bytes()
    file = write_source(content, f"log.csv{packed}")
    assert _columns(file, encoding=encoding) == ["user", name]
    assert _read(file, encoding=encoding) == [_good(1, "1", name)]


def test_text_in_another_encoding_than_set(write_source: WriteSource) -> None:
    file = write_source(b"a,b\n1,\xe9,3\n2,y\n3,\x81\n")
    bad = [_bad(1, 2, "bad_encoding", "1,�,3"), _good(2, "2", "y")]
    assert _read(file) == _read(file, quote="none") == [*bad, _bad(3, 2, "bad_encoding", "3,�")]
    with pytest.raises(UnreadableFile, match=r"line 1.*csv\.encoding: latin-1"):
        _read(file, encoding="cp1252")
    assert _read(file, encoding="latin-1")[2] == _good(3, "3", "\x81")


def test_broken_quotes_cost_one_row_each(write_source: WriteSource) -> None:
    file = write_source(
        b'a,b,c\n1,x"y,2\n3,"z""w",4\n5,"x"y,6\n7,"open,8\n9,"li\nne",10\n11,5"7,"q"\n12,"end,13'
    )
    assert _read(file) == [
        _good(1, "1", 'x"y', "2"),
        _good(2, "3", 'z"w', "4"),
        _bad(3, 3, "bad_quote", '5,"x"y,6'),
        _bad(4, 3, "bad_quote", '7,"open,8'),
        _good(5, "9", "li\nne", "10"),
        _good(6, "11", '5"7', "q"),
        _bad(7, 3, "bad_quote", '12,"end,13'),
    ]
    assert _read(file, quote="none")[0] == _good(1, "1", 'x"y', "2")


def test_quotes_that_are_escaped_by_backslashes(write_source: WriteSource) -> None:
    file = write_source(b'a,b\n"x \\"y\\", z",1\n"C:\\",2\n"x\\"y,3\n"v\\"w\\"","4"\r\n')
    assert _read(file) == [
        _good(1, 'x "y", z', "1"),
        _good(2, "C:\\", "2"),
        _bad(3, 2, "bad_quote", '"x\\"y,3'),
        _good(4, 'v"w"', "4"),
    ]


def test_a_line_that_looks_like_a_row_ends_a_quoted_value(write_source: WriteSource) -> None:
    lost = write_source(b'a,b\n1,"xy\n3,z"\n4,w\n')
    assert _read(lost) == [
        _bad(1, 2, "bad_quote", '1,"xy'),
        _good(2, "3", 'z"'),
        _good(3, "4", "w"),
    ]
    prose = write_source(b'a,b\n1,"hello\nI said, bye"\n4,w\n')
    assert _read(prose) == [_good(1, "1", "hello\nI said, bye"), _good(2, "4", "w")]


def test_the_last_line_of_a_text_is_no_row(write_source: WriteSource) -> None:
    """All that tells it from a row is the quote with which it closes the text."""
    text = b'b,"two\n\nthen, one",2024-01-02\n'
    file = write_source(b"u,q,t\na,x,2024-01-01\n" + text + b"c,y,2024-01-03\n")
    assert _read(file) == [
        _good(1, "a", "x", "2024-01-01"),
        _good(2, "b", "two\n\nthen, one", "2024-01-02"),
        _good(3, "c", "y", "2024-01-03"),
    ]
    lost = write_source(b'u,q,t\na,x,2024-01-01\nb,"lost,2024-01-02\nc,"y",2024-01-03\n')
    assert [row[4] for row in _read(lost)] == [None, "bad_quote", None]


def test_a_column_named_twice(write_source: WriteSource) -> None:
    file = write_source(b"\nid,name,id \n1,x,2\n")
    assert _read(file, ["name"]) == [_good(1, "x")]
    assert _read(file, ["id"]) == [_good(1, "1")]  # the exact name wins
    file = write_source(b"\nid,name,id\n1,x,2\n")
    fix = r"header: \[id, name, id_2\] and platforms.shop.events.csv.skip: 2"
    with pytest.raises(UnknownColumn, match=f"twice: columns 1 and 3 of 3.*{fix}"):
        _read(file, ["id"])
    assert _read(file, ["id_2"], header=["id", "name", "id_2"], skip=2) == [_good(1, "2")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\n \n",
        b"a,b",
        b"a,b\n",
        b"#x\n",
        b"#x\na,b\r\n#y",
        b"\xef\xbb\xbf",
        b"a,b\r",
    ],
)
def test_files_without_rows(write_source: WriteSource, content: bytes) -> None:
    assert _read(write_source(content), comment="#") == []


def test_blank_lines_count_and_nul_bytes_stay(write_source: WriteSource) -> None:
    file = write_source(b"a,b\n\n1,\0x\n")
    assert _read(file) == [(1, None, None, None, False, None), _good(2, "1", "\0x")]


_TEXT = st.text(st.sampled_from('ab ,"\n;é'), max_size=6)


@given(
    rows=st.lists(st.tuples(_TEXT, _TEXT, _TEXT), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
@settings(max_examples=60, deadline=None)
def test_what_csv_writes_is_read_back(
    tmp_path_factory: Any, rows: list[tuple[str, ...]], quoting: Any
) -> None:
    out = io.StringIO()
    rows = [("one", "two", "three"), *rows]  # a row in one line tells what rows look like
    write = csv.writer(out, quoting=quoting, lineterminator="\n")
    write.writerows([("n", "a", "b", "c"), *((n, *row) for n, row in enumerate(rows))])
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_text(out.getvalue())
    file = SourceFile(path, "t.csv", "csv", "platforms.shop.events", 0, 0.0)
    got = [_read(file, ["n", "a", "b", "c"], chunk) for chunk in (1, 7, 1000)]
    empty = None if quoting == csv.QUOTE_MINIMAL else ""
    longer = (n for n, row in enumerate(rows) if any("\n" in value for value in row))
    certain = next(longer, len(rows))  # from the first row of several lines on, no row is
    wanted = [
        (
            n + 1,
            str(n),
            *(value or empty for value in row),
            None,
            n < certain or (row[-1] or empty) is not None,
            None,
        )
        for n, row in enumerate(rows)
    ]
    assert got[0] == got[1] == got[2] == wanted


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 999), st.sampled_from(["x", "a b", '"p,q"', "y z"])),
        min_size=1,
        max_size=12,
    ),
    strays=st.lists(st.integers(0, 400), max_size=5),
)
@settings(max_examples=50, deadline=None)
def test_stray_quotes_lose_no_line(
    tmp_path_factory: Any, rows: list[tuple[int, str]], strays: list[int]
) -> None:
    body = "".join(f"{n},{text},{n}\n" for n, text in rows)
    for stray in strays:
        place = stray % len(body)
        body = body[:place] + '"' + body[place:]
    rows = [(5, "x"), *rows]  # a row in one line tells what rows look like
    body = "5,x,5\n" + body
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_text("a,b,c\n" + body)
    file = SourceFile(path, "t.csv", "csv", "platforms.shop.events", 0, 0.0)
    got = [_read(file, chunk=chunk) for chunk in (1, 7, 1000)]
    assert got[0] == got[1] == got[2]
    lines = body.splitlines()
    # Several strays may make a record of several lines that is legal; one alone does not.
    spans = [1 + sum(str(value).count("\n") for value in row[1:4]) for row in got[0]]
    assert sum(spans) == len(lines)
    assert len(strays) > 1 or len(got[0]) == len(rows)
    starts = (sum(spans[:place]) for place in range(len(spans)))
    for row, span, line in zip(got[0], spans, (lines[start] for start in starts), strict=True):
        if span > 1:
            assert row[4] is None
        elif row[4] == "bad_quote":
            assert row[6] == line
        elif '"' not in line:
            assert list(row[1:4]) == line.split(",")


def test_a_large_file_with_quoted_line_ends_and_one_lost_quote(write_source: WriteSource) -> None:
    lines = [f'{n},"text {n}\nmore, of {n}",{n % 7}' for n in range(60_000)]
    lines[40_000] = '40000,"lost,3'
    file = write_source(("id,text,kind\n" + "\n".join(lines) + "\n").encode())
    paths = [(Field("id"),), (Field("text"),)]
    frame = pl.concat(CsvReader(file, CsvSettings()).read(paths, 5000))
    assert frame.height == 60_000
    assert frame.filter(pl.col(FAULT).is_not_null()).rows() == [
        _bad(40_001, 2, "bad_quote", lines[40_000])
    ]
    assert frame["text"][59_999] == "text 59999\nmore, of 59999"


def test_a_truncated_archive_is_an_error(write_source: WriteSource) -> None:
    whole = gzip.compress(b"a,b\n" + bytes(str(list(range(9999))), "ascii"))
    file = write_source(whole[:-20], "log.csv.gz")
    with pytest.raises(OSError, match="end of file"):
        _read(replace(file), ["a"], header=["a"])


def test_the_separator_line_of_a_spreadsheet(write_source: WriteSource) -> None:
    for line in (b"sep=;\r\n", b'"sep=;"\n', b"  \nsep=;\n"):
        assert _read(write_source(line + b"a;b,c\n1;2,5\n")) == [_good(1, "1", "2,5")]


def test_text_in_utf_16_names_its_encoding(write_source: WriteSource) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        file = write_source("user,item\na,b\n".encode(encoding))
        with pytest.raises(UnreadableFile, match=rf"csv\.encoding: {encoding}$"):
            _read(file)
        assert _read(file, encoding=encoding) == [_good(1, "a", "b")]
