"""Each verb makes its value, alone and with others."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.errors import UnknownColumn
from tests.unit.sources.read_log import json_lines, read_field, read_log

LOG = json_lines(
    {"a": "x", "b": None, "n": "1.234,50", "ms": 1500, "track": {"artist": "Björk"}, "s": "NA",
     "dot": "1.5"},
    {"a": "", "b": "y", "n": "7", "ms": "no", "track": {"artist": "-"}, "s": " z ",
     "dot": "12.345"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["x", ""]),
        ("track.artist", ["Björk", "-"]),
        ({"column": "track.artist"}, ["Björk", "-"]),
        ({"first": ["b", "a"]}, ["x", "y"]),
        ({"first": ["s", "a"]}, ["x", " z "]),  # a null word is no value
        ({"first": ["a", {"constant": "none of them"}]}, ["x", "none of them"]),
        ({"first": ["nowhere", "a"]}, ["x", None]),
        ({"first": [{"column": "nowhere", "optional": True}]}, [None, None]),
        ({"first": [{"text": "{a}!"}, "b"]}, ["x!", "y"]),
        ({"constant": "me"}, ["me", "me"]),
        ({"constant": 7}, ["7", "7"]),
        ({"file": r"^(\w+)-"}, ["log", "log"]),
        ({"file": r"\w+$"}, ["jsonl", "jsonl"]),
        ({"file": "nothing like it"}, [None, None]),
        ({"text": "{a} – {track.artist}"}, ["x – Björk", None]),  # null if a part is
        ({"text": "{{{s}}}"}, [None, "{ z }"]),
        ({"text": "{$row}/{$file}"}, ["1/log-a.jsonl", "2/log-a.jsonl"]),
        ({"column": "a", "match": "(X|x)"}, ["x", None]),
        ({"column": "track.artist", "match": "rk$"}, ["rk", None]),
        ({"column": "a", "map": {"x": "up", "y": None}}, ["up", ""]),
        ({"column": "s", "map": {"NA": None}}, [None, " z "]),
        ({"column": "ms", "times": 0.001}, ["1.5", "no"]),  # cleaning sets such a row aside
        ({"column": "n", "decimal": ","}, ["1234.5", "7"]),
        ({"column": "n", "decimal": ",", "times": 2}, ["2469", "14"]),
        ({"column": "s", "times": 2}, ["NA", " z "]),
        ({"column": "dot", "decimal": ","}, ['"1.5"', "12345"]),  # never read with the other mark
        ({"column": "nowhere", "optional": True}, [None, None]),
        ("= upper(a)", ["X", ""]),
        ('= lower("track.artist") || ms', ["björk1500", None]),
        ("$row", ["1", "2"]),
        ("$file", ["log-a.jsonl", "log-a.jsonl"]),
    ],
)
def test_verbs(tmp_path: Path, value: Any, expected: list[str | None]) -> None:
    for chunk in (1, 10):
        assert read_field(tmp_path, "log-a.jsonl", LOG, value, chunk=chunk) == expected


@pytest.mark.parametrize(
    "value",
    ["nowhere", {"first": ["no", "where"]}, {"text": "{a}{nowhere}"}, "= lower(nowhere)"],
)
def test_a_column_that_is_nowhere_is_named_with_its_key(tmp_path: Path, value: Any) -> None:
    with pytest.raises(UnknownColumn, match=r"platforms\.p\.events\.columns\.item"):
        read_field(tmp_path, "log-a.jsonl", LOG, value)


def test_two_fields_may_have_one_column(tmp_path: Path) -> None:
    (row, _) = read_log(tmp_path, "a.jsonl", LOG, columns={"item": "a", "session": "a"})
    assert row["item"] == row["session"] == "x"


def test_columns_of_any_name(tmp_path: Path) -> None:
    names = ["$row", "$file", "each", "row", "element", "type", "fault", "line", "a.b", "c[0]",
             "d e", "whole", "field", "x"]  # fmt: skip
    log = ",".join(names) + "\n" + ",".join(f"v{n}" for n in range(len(names))) + "\n"
    for place, name in enumerate(names):
        expected = {"$row": "1", "$file": "a.csv"}.get(name, f"v{place}")
        assert read_field(tmp_path, "a.csv", log, name) == [expected]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"records": "data.row[]"}, r"Set platforms\.p\.events\.records: '?data\.rows\[\]"),
        ({"records": "data.rows"}, r"Set platforms\.p\.events\.records: '?data\.rows\[\]"),
        ({}, r"Set platforms\.p\.events\.records: '?data\.rows\[\]"),
    ],
)
def test_a_wrong_path_of_records_is_told_with_the_right_one(
    tmp_path: Path, how: dict[str, Any], message: str
) -> None:
    document = '{"data": {"rows": [{"i": 7}], "n": [1]}}'
    with pytest.raises(UnknownColumn, match=message):
        read_field(tmp_path, "a.json", document, "i", format="json", **how)
    right = read_field(tmp_path, "a.json", document, "i", format="json", records="data.rows[]")
    assert right == ["7"]


def test_a_list_in_lines_is_opened_as_the_message_says(tmp_path: Path) -> None:
    log = json_lines({"l": [{"id": 1}, {"id": 2}]})
    with pytest.raises(
        UnknownColumn, match=r"Set platforms\.p\.events\.each: '?l\[\]'? and .*each\.id"
    ):
        read_field(tmp_path, "a.jsonl", log, "id")
    assert read_field(tmp_path, "a.jsonl", log, "each.id", each="l[]") == ["1", "2"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"column": "ms", "times": 0.001}, "1,234"),
        ({"column": "price", "times": 2}, "2469"),
        ({"column": "dot", "decimal": ".", "times": 2}, "2,5"),
        ("= cast(ms as double) / 1000", "1,234"),
        ({"expression": "cast(ms as double) / 1000", "times": 10}, "12,34"),
        ({"expression": "cast(ms as double) / 1000", "decimal": "."}, "1,234"),
        ("= dot", "1.25"),
    ],
)
def test_numbers_are_written_with_the_mark_with_which_they_are_read(
    tmp_path: Path, value: Any, expected: str
) -> None:
    log = json_lines({"ms": "1234", "price": "1.234,50", "dot": "1.25"})
    [row] = read_log(tmp_path, "a.jsonl", log, columns={"value": value, "item": value}, decimal=",")
    assert row["value"] == expected
    if value != "= dot":  # an id is not read as a number
        assert row["item"] == expected.replace(",", ".")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("real", ["12,5", "1,234"]),
        ("exact", ["0,25", "7"]),
        ({"column": "real", "times": 2}, ["25", "2,468"]),
        ({"column": "real", "decimal": "."}, ["12,5", "1,234"]),
        ({"column": "real", "decimal": ","}, ["12,5", "1,234"]),
        ({"first": ["none", "real"]}, ["12,5", "1,234"]),
        ({"first": ["none", "real"], "decimal": "."}, ["12,5", "1,234"]),
        ({"first": [{"column": "real", "times": 2}], "times": 10}, ["250", "24,68"]),
    ],
)
def test_typed_numbers_do_not_depend_on_the_mark_of_text(
    tmp_path: Path, value: Any, expected: list[str]
) -> None:
    real, exact = [12.5, 1.234], [Decimal("0.25"), Decimal(7)]
    nothing = pl.Series([None, None], dtype=pl.Float64)
    log = pl.DataFrame({"real": real, "exact": exact, "none": nothing})
    records = [{"real": r, "exact": float(e)} for r, e in zip(real, exact, strict=True)]
    columns = {"value": value, "item": "real", "time": {"column": "real", "times": 2}}
    for name, content in (("a.parquet", log), ("a.jsonl", json_lines({"none": None}, *records))):
        rows = read_log(tmp_path, name, content, columns=columns, decimal=",")[-2:]
        assert [row["value"] for row in rows] == expected
        assert [(row["item"], row["time"]) for row in rows] == [("12.5", "25"), ("1.234", "2.468")]


@pytest.mark.parametrize("chunk", [1, 10])
@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("path", ["p", "l[-1].p[0]", "t.p"])
def test_numbers_and_texts_of_one_column_are_each_read_as_they_are(
    tmp_path: Path, chunk: int, form: str, path: str
) -> None:
    cases = [  # as written, as a number, as an id
        ("1.5", "1,5", "1.5"), ("1.234", "1,234", "1.234"), ("12", "12", "12"), ("7.0", "7", "7"),
        ("1.5e3", "1,5e3", "1.5e3"), ('"1,5"', "1,5", "1,5"), ('"1.5"', "1.5", "1.5"),
        ('"1.234,5"', "1.234,5", "1.234,5"), ('"x, 1.5"', "x, 1.5", "x, 1.5"),
    ]  # fmt: skip
    lines = []
    for written, _, _ in cases:
        inside = json.dumps(f'{{"p": [{written}]}}')
        lines.append(f'{{"p": {written}, "l": [{inside}], "t": {{"p": {written}}}}}')
    if form == "csv":
        lines, path = ["c#n", *(f"{line}#1" for line in lines)], f"c.{path}"
    found = read_log(
        tmp_path, f"a.{form}", "\n".join(lines), columns={"value": path, "item": path},
        decimal=",", csv={"separator": "#", "quote": "none"}, chunk=chunk,
    )  # fmt: skip
    assert [(row["value"], row["item"]) for row in found] == [case[1:] for case in cases]


def test_a_null_word_is_skipped_by_first_before_a_number_is_read(tmp_path: Path) -> None:
    log = json_lines({"a": "NA", "b": "x"}, {"a": "3", "b": "x"}, {"a": "1,5", "b": "x"})
    for verbs, last in (({"times": 2, "decimal": ","}, "3"), ({"decimal": ","}, "1.5")):
        value = {"first": [{"column": "a", **verbs}, "b"]}
        found = read_field(tmp_path, "a.jsonl", log, value)
        assert (found[0], found[2]) == ("x", last)
