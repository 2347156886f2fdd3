"""Every format gives the same text, and every broken file one clear error."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import UnknownColumn, UnreadableFile
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import SourceFile
from plait.sources.read_chunks import read_chunks
from tests.mappings import mapping_of

FIELDS = {"account": "user", "item": "clip", "time": "ts"}
ROWS = [("ann", "c1", "1700000000"), ("bob", "c,2", "1700000060"), ("ann", 'say "x"', None)]
Find = Callable[[str, bytes], SourceFile]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    project: Project = parse_config(
        {"store": "s", "platforms": {"video": {"events": events}}}, folder=tmp_path
    )

    def write(name: str, content: bytes) -> SourceFile:
        (tmp_path / name).write_bytes(content)
        return find_files(project, [name], None, "platforms.video.events")[0]

    return write


def _read(file: SourceFile, chunk: int = 1000) -> pl.DataFrame:
    return pl.concat(read_chunks(file, mapping_of(FIELDS), chunk))


def _csv() -> bytes:
    frame = pl.DataFrame(ROWS, schema=["user", "clip", "ts"], orient="row")
    return frame.with_columns(extra=pl.lit("x")).write_csv().encode()


def _jsonl() -> bytes:
    rows = [dict(zip(("user", "clip", "ts"), row, strict=True)) for row in ROWS]
    return ("\n".join(json.dumps(row) for row in rows) + "\n").encode()


def _zstd(content: bytes, tmp_path: Path) -> bytes:
    with pa.CompressedOutputStream(str(tmp_path / "z"), "zstd") as out:
        out.write(content)
    return (tmp_path / "z").read_bytes()


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_text_formats(find: Find, tmp_path: Path, form: str, packed: str) -> None:
    content = _csv() if form == "csv" else _jsonl()
    packers = {"": content, ".gz": gzip.compress(content), ".zst": _zstd(content, tmp_path)}
    found = _read(find(f"a.{form}{packed}", packers[packed]))
    assert found.select(FIELDS.keys()).rows() == ROWS
    assert found["row"].to_list() == [1, 2, 3]
    assert found["fault"].null_count() == 3


def test_parquet_values_become_text(find: Find, tmp_path: Path) -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    pl.DataFrame({"user": [7], "clip": [["a", "b"]], "ts": [moment], "row": [1.5]}).write_parquet(
        tmp_path / "b.parquet"
    )
    file = find("a.parquet", (tmp_path / "b.parquet").read_bytes())
    time = "2024-01-02T03:04:05.000006Z"
    found = pl.concat(read_chunks(file, mapping_of(FIELDS)))
    assert found.select(FIELDS.keys()).rows() == [("7", '["a","b"]', time)]
    found = pl.concat(read_chunks(file, mapping_of(FIELDS, lists=frozenset({"item"}))))
    assert found.select(FIELDS.keys()).rows() == [("7", "a\x1fb", time)]


def test_chunks_number_rows_through(find: Find) -> None:
    content = "user,clip,ts\n" + "".join(f"u{i},c,{i}\n" for i in range(2500))
    chunks = list(read_chunks(find("a.csv", content.encode()), mapping_of(FIELDS), 1000))
    assert len(chunks) > 1
    assert pl.concat(chunks)["row"].to_list() == list(range(1, 2501))


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_the_separator_is_told_from_the_header(find: Find, mark: str) -> None:
    content = f"user{mark}clip{mark}ts\nann{mark}c1{mark}5\n"
    assert _read(find("a.csv", content.encode())).select(*FIELDS).row(0) == ("ann", "c1", "5")


def test_bom_crlf_quotes_and_line_breaks(find: Find) -> None:
    content = '\ufeffuser,clip,ts\r\nann,"two\nlines",5\r\nbob,"a ""b""",6\r\n'
    found = _read(find("a.csv", content.encode()))
    assert found["item"].to_list() == ["two\nlines", 'a "b"']
    assert found["time"].to_list() == ["5", "6"]


def test_rows_with_too_many_fields_are_marked_and_short_ones_have_nulls(find: Find) -> None:
    found = _read(find("a.csv", b"user,clip,ts\na,b,1\na,b,1,2,3\na\n"))
    assert found["fault"].to_list() == [None, "ragged_row", None]
    assert found["item"].to_list() == ["b", "b", None]


def test_broken_json_lines_are_marked(find: Find) -> None:
    found = _read(find("a.jsonl", b'{"user": 1, "clip": "c", "ts": 2}\nnope\n[1]\n\n{"user": 3}\n'))
    assert found["fault"].to_list() == [None, "bad_json", "bad_json", None]
    assert found["account"].to_list() == ["1", None, None, "3"]
    assert found["row"].to_list() == [1, 2, 3, 5]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_misspelt_column_names_the_nearest(find: Find, name: str) -> None:
    content = b"user,clips,ts\na,b,1\n" if name == "a.csv" else b'{"user":1,"clips":2,"ts":3}\n'
    with pytest.raises(UnknownColumn) as caught:
        _read(find(name, content))
    message = str(caught.value)
    assert "platform 'video' has no column 'clip'" in message
    assert "(columns: user, clips, ts)" in message
    assert "Did you mean 'clips'?" in message
    assert message.endswith("Set platforms.video.events.columns.item: clips")


def test_a_rare_json_field_is_not_unknown(find: Find) -> None:
    lines = ['{"user": "a", "ts": 1}'] * 1500 + ['{"user": "a", "ts": 1, "clip": "c"}']
    assert _read(find("a.jsonl", "\n".join(lines).encode()))["item"].drop_nulls().len() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b'{"user": 1,\n "plays": [{"clip": "c", "ts": 1}]}'),
        ("a.jsonl", b'{"user": 1, "plays": [{"clip": "c", "ts": 1}]}\n'),
        ("a.json", b'{"user": 1,\n "plays": [{"clip": "c", "ts": 1}%s]}' % (b',{"clip":1}' * 2000)),
    ],
)
def test_a_field_around_the_records_is_unknown(find: Find, name: str, content: bytes) -> None:
    mapping = mapping_of(FIELDS, records="plays[]")
    with pytest.raises(UnknownColumn, match=r"no column 'user' in .* \(columns: clip, ts\)"):
        pl.concat(read_chunks(find(name, content), mapping))


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ({"text": "{user} – {clip}"}, "columns.item.text, write clips in place of clip"),
        ({"text": "{u}"}, "columns.item.text, write COLUMN in place of u"),
        ("= ts || clip", "columns.item, write clips in place of clip"),
    ],
)
def test_a_column_missing_inside_a_value(find: Find, value: Any, fix: str) -> None:
    mapping = mapping_of(FIELDS | {"item": value})
    with pytest.raises(UnknownColumn) as caught:
        pl.concat(read_chunks(find("a.csv", b"user,clips,ts\na,b,1\n"), mapping))
    assert str(caught.value).endswith(f"In platforms.video.events.{fix}")


@pytest.mark.parametrize(
    ("header", "value", "fix"),
    [
        ("=clip", "=clip", "Set platforms.video.events.columns.item: {column: '=clip'}"),
        ("clip s", "= clip", 'In platforms.video.events.columns.item, write "clip s" in place of'),
    ],
)
def test_a_column_whose_name_is_no_word_of_sql(
    find: Find, header: str, value: str, fix: str
) -> None:
    file = find("a.csv", f"user,{header},ts\na,b,1\n".encode())
    with pytest.raises(UnknownColumn) as caught:
        pl.concat(read_chunks(file, mapping_of(FIELDS | {"item": value})))
    assert fix in str(caught.value)
    named: Any = {"column": header} if header.startswith("=") else f'= "{header}"'
    found = pl.concat(read_chunks(file, mapping_of(FIELDS | {"item": named})))
    assert found["item"].to_list() == ["b"]


@pytest.mark.parametrize("name", ["$fault", "$whole", "$line", "$row", "$file"])
def test_names_of_columns_that_begin_with_a_dollar_sign(find: Find, name: str) -> None:
    """`$row`, `$element` and `$file` are never columns of the file."""
    row = {"user": "a", name: "b", "ts": "1"}
    table = io.BytesIO()
    pl.DataFrame([row]).write_parquet(table)
    contents = {
        "a.csv": f"{','.join(row)}\na,b,1\n".encode(),
        "a.jsonl": json.dumps(row).encode(),
        "a.parquet": table.getvalue(),
    }
    mapping = mapping_of(FIELDS | {"item": name})
    for file, content in contents.items():
        (item,) = pl.concat(read_chunks(find(file, content), mapping))["item"]
        assert item == {"$row": "1", "$file": file}.get(name, "b")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_truncated_gzip(find: Find, form: str) -> None:
    rows = "".join(f"u{i},c{i * 7919 % 1000},{i}\n" for i in range(20_000))
    content = ("user,clip,ts\n" + rows).encode()
    if form == "jsonl":
        content = b"".join(
            b'{"user":"u%d","clip":"c","ts":%d}\n' % (i, i * 7919) for i in range(20_000)
        )
    packed = gzip.compress(content)
    with pytest.raises(UnreadableFile, match=r"ends too early.*compress the file again"):
        _read(find(f"a.{form}.gz", packed[: len(packed) // 2]))


def test_a_damaged_parquet_footer(find: Find, tmp_path: Path) -> None:
    pl.DataFrame({"user": [1], "clip": [2], "ts": [3]}).write_parquet(tmp_path / "b.parquet")
    content = (tmp_path / "b.parquet").read_bytes()
    with pytest.raises(UnreadableFile, match="cannot be read"):
        _read(find("a.parquet", content[:-6]))


def test_a_header_without_rows(find: Find) -> None:
    found = _read(find("a.csv", b"user,clip,ts\n"))
    assert found.height == 0
    assert {"row", "element", *FIELDS, "fault"} <= set(found.columns)


def test_a_line_that_is_no_text_is_a_fault_of_its_own(find: Find) -> None:
    found = _read(find("a.csv", b"user,clip,ts\n\xff\xfe\xfa,b,1\nann,c,2\n"))
    assert found["fault"].to_list() == ["bad_encoding", None]
    assert found["account"].to_list()[1] == "ann"


def test_a_file_that_grows_while_it_is_read(find: Find) -> None:
    file = find("a.csv", _csv())
    file.path.write_bytes(_csv() + b"late,c,1\n")
    with pytest.raises(UnreadableFile, match="changed while it was read"):
        _read(file)
