"""Parquet columns of every type give the same texts as other formats."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plait.errors import UnreadableFile
from tests.unit.sources.read_log import read_table

BERLIN = pa.timestamp("ns", "Europe/Berlin")
DAY = dt.datetime(2024, 1, 1)
CASES: dict[str, tuple[Any, str, list[str | None]]] = {
    "map": (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())), "i.k", ["1", None]),
    "map with numbers as keys": (
        pa.array([[(7, 1.5), (-8, 2.0)], []], pa.map_(pa.int32(), pa.float64())), "i['-8']",
        ["2", None],
    ),
    "map with an index": (
        pa.array([[(7, "x")], None], pa.map_(pa.int64(), pa.string())), "i[7]", ["x", None],
    ),
    "map with days as keys": (
        pa.array([[(DAY.date(), "x")], None], pa.map_(pa.date32(), pa.string())),
        "i['2024-01-01']", ["x", None],
    ),
    "whole map with numbers as keys": (
        pa.array([[(7, b"\xff")], None], pa.map_(pa.int64(), pa.binary())), "i",
        ['[{"key":7,"value":"ff"}]', None],
    ),
    "map as a list of entries": (
        pa.array([[("k", 1), ("l", 2)], None], pa.map_(pa.string(), pa.int64())),
        "i[?(@.key=='l')].value", ["2", None],
    ),
    "list of structs": (
        pa.array([[{"key": "a", "v": 1}, {"key": "page", "v": 1.5}], None]),
        "i[?(@.key=='page')].v", ["1.5", None],
    ),
    "decimal": (pa.array([Decimal("1.50"), Decimal("7.00")]), "i", ["1.5", "7"]),
    "binary": (pa.array([b"abc", b"\xff\x00"]), "i", ["abc", "ff00"]),
    "binary in a list": (pa.array([[b"x"], None]), "i", ['["x"]', None]),
    "other binary in a list": (pa.array([[b"\xff"], None]), "i", ['["ff"]', None]),
    "binary in a struct": (pa.array([{"a": b"x"}, {"a": b"\xff"}]), "i.a", ["x", "ff"]),
    "uuid": (
        pa.array([uuid.UUID(int=5).bytes, None], pa.uuid()), "i",
        ["00000000-0000-0000-0000-000000000005", None],
    ),
    "fixed offset": (
        pa.array([DAY, None], pa.timestamp("us", "+02:00")), "i",
        ["2024-01-01T00:00:00.000000Z", None],
    ),
    "offset of half an hour": (
        pa.array([DAY, None], pa.timestamp("us", "+05:30")), "i",
        ["2024-01-01T00:00:00.000000Z", None],
    ),
    "unknown zone in a struct": (
        pa.array([{"t": DAY}, None], pa.struct([("t", pa.timestamp("us", "-03:30"))])), "i.t",
        ["2024-01-01T00:00:00.000000Z", None],
    ),
    "zone": (pa.array([DAY, None], BERLIN), "i", ["2024-01-01T00:00:00.000000Z", None]),
    "no zone": (
        pa.array([DAY, None], pa.timestamp("ms")), "i", ["2024-01-01T00:00:00.000000", None],
    ),
    "time": (pa.array([dt.time(1, 2, 3), None]), "i", ["01:02:03", None]),
    "date": (pa.array([dt.date(2024, 1, 2), None]), "i", ["2024-01-02", None]),
    "categorical": (pa.array(["x", "y"]).dictionary_encode(), "i", ["x", "y"]),
    "float32": (pa.array([1.1, float("nan")], pa.float32()), "i", ["1.1", None]),
    "float64": (pa.array([1024.0, 0.1]), "i", ["1024", "0.1"]),
    "unsigned": (pa.array([2**64 - 1, 1], pa.uint64()), "i", ["18446744073709551615", "1"]),
    "bool": (pa.array([True, None]), "i", ["true", None]),
    "null": (pa.nulls(2), "i", [None, None]),
    "duration": (pa.array([1500, None], pa.duration("ms")), "i", ["1.5", None]),
    "struct": (pa.array([{"a": {"b": 1.0}}, {"a": None}]), "i.a.b", ["1", None]),
    "array": (pa.array([[1.0, 2.0], [3.0, 4.5]], pa.list_(pa.float32(), 2)), "i[1]", ["2", "4.5"]),
    "JSON text": (pa.array(['{"a": {"b": 7.0}}', None]), "i.a.b", ["7", None]),
    "field that is a star": (pa.array([{"*": 1, "^a$": 2, "a": 3}, None]), "i['*']", ["1", None]),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_values_are_text(tmp_path: Path, kind: str) -> None:
    values, path, expected = CASES[kind]
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": ["1", "2"], "i": values}), file)
    columns = {"item": path, "session": "n"}
    for chunk in (1, 100):
        rows = read_table(file, columns=columns, chunk=chunk)
        assert [row.get("item") for row in rows] == expected


def test_bytes_are_text_if_they_are_utf_8(tmp_path: Path) -> None:
    parts = [
        b"a",
        b"\x7f",
        b"\x80",
        b"\xbf",
        b"\xc3",
        b"\xa9",
        b"\xe0\xa0",
        b"\xed\x9f",
        b"\xf4\x8f",
    ]
    values = [
        b"".join(found) for size in (1, 2, 3) for found in itertools.product(parts, repeat=size)
    ]
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"i": [*values, None]}), file)
    found = [row.get("item") for row in read_table(file, columns={"item": "i"}, chunk=9999)]
    assert found == [*map(_text, values), None]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def test_old_times(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    table = pa.table({"i": pa.array([DAY], pa.timestamp("ns"))})
    pq.write_table(table, file, use_deprecated_int96_timestamps=True)
    assert read_table(file, columns={"item": "i"})[0]["item"] == "2024-01-01T00:00:00.000000"


def test_a_name_of_two_columns_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table([pa.array(["x"]), pa.array(["y"])], names=["i", "i"]), file)
    with pytest.raises(UnreadableFile, match="has 2 columns 'i'"):
        read_table(file, columns={"item": "i"})
