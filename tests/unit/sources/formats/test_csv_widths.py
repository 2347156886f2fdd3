"""A row whose last value is empty is whole; one that lacks values is not."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.config.source_settings import CsvSettings
from plait.sources.columns.raw_columns import FAULT, WHOLE
from plait.sources.files.source_file import SourceFile
from plait.sources.formats.csv_files import CsvReader
from plait.sources.values.value_path import Field

HEADER = "abc"
VALUES = st.sampled_from(["", "x", "é", "a b", "p,q", 'say "x"'])


def whole(path: Path, chunk: int = 100, **how: Any) -> list[bool]:
    file = SourceFile(path, path.name, "csv", "platforms.shop.events", 0, 0.0)
    reader = CsvReader(file, CsvSettings(**how))
    paths = [(Field(name),) for name in reader.columns().names]
    return [
        sure and fault is None
        for frame in reader.read(paths, chunk)
        for sure, fault in frame.select(WHOLE, FAULT).rows()
    ]


@given(
    rows=st.lists(st.lists(VALUES, min_size=1, max_size=3) | st.just(["", "", "", "x"])),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    chunk=st.sampled_from([1, 3, 100]),
)
@settings(deadline=None)
def test_rows_with_a_value_for_each_column_are_whole(
    tmp_path_factory: Any, rows: list[list[str]], end: str, quoting: Any, chunk: int
) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator=end).writerows([[*HEADER], *rows])
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(out.getvalue().encode())
    assert whole(path, chunk) == [len(row) == len(HEADER) for row in rows]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("a;b;c\n1;2;\n1;2\n\n;;\n", {}),
        ("# x\na,b,c\n1,2,\n# y\n1,2\n\n,,\n", {"comment": "#"}),
        ("a\rb\r1\r2\r", None),
        ("a::b::c\n1::2::\n1::2\n\n::::\n", {"separator": "::"}),
        ('a,b,c\n"1",2,\n"1",2\n\n,"",\n', {}),
        ("x,y\n1,2,\n1,2\n\n,,\n", {"header": ["a", "b", "c"], "skip": 1}),
        ('a,b,c\n1"x,2,\n1"x,2\n\n,,\n', {}),  # an ordinary quote
        ('a,b,c\n1",2,\n1",2\n\n,",\n', {"quote": "none"}),
    ],
)
def test_layouts(tmp_path: Path, text: str, how: dict[str, Any] | None) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert whole(path, **how or {}) == ([True] * 3 if how is None else [True, False, False, True])


@pytest.mark.parametrize(
    "text",
    [
        'a,b,c\n1,"x\ny",3\n1,2,\n1,2\n',  # a row of two lines
        "a,b,c\n1,x\x7fy,\n1,2\n1,2,3\n",
    ],
)
def test_what_is_not_certain_is_not_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert sum(whole(path)) == 1
