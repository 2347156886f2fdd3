"""A path leads through JSON that is written as text, wherever it lies in lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.unit.sources.read_log import json_lines, read_field

INNER = [{"sku": "a\\1", "tags": ["x", "y"]}, {"sku": "b", "tags": []}]
ELEMENTS = [{"l": [json.dumps(one) for one in INNER]}, {"l": []}, {"l": None}]
FIELDS = [
    {"l": [{"k": f"k{n}", "d": json.dumps(one)} for n, one in enumerate(INNER)]},
    {"l": []},
    {"l": None},
]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet", "csv"])
@pytest.mark.parametrize(
    ("records", "each", "path", "expected"),
    [
        (ELEMENTS, "l[]", "each.sku", ["a\\1", "b", None, None]),
        (ELEMENTS, None, "l[0].sku", ["a\\1", None, None]),
        (ELEMENTS, None, "l[?(@.sku=='b')].sku", ["b", None, None]),
        (ELEMENTS, None, "l[].sku", ['["a\\\\1","b"]', "[]", None]),
        (ELEMENTS, "l[].tags[]", "each", ["x", "y", None, None]),
        (FIELDS, "l[]", "each.d.sku", ["a\\1", "b", None, None]),
        (FIELDS, None, "l[?(@.k=='k1')].d.sku", ["b", None, None]),
        (FIELDS, None, "l[].d.sku", ['["a\\\\1","b"]', "[]", None]),
        (FIELDS, "l[].d.tags[]", "each", ["x", "y", None, None]),
    ],
)
def test_json_text_in_lists(
    tmp_path: Path, form: str, records: list[Any], each: str | None, path: str, expected: list[Any]
) -> None:
    cells = [json.dumps(record["l"]).replace('"', '""') for record in records]
    content: Any = {
        "jsonl": json_lines(*records),
        "json": json.dumps(records),
        "parquet": pl.DataFrame(records),
        "csv": "n,l\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells)),
    }[form]
    how = {"each": each} if each else {}
    assert read_field(tmp_path, f"a.{form}", content, path, **how) == expected


def test_elements_may_be_objects_in_one_row_and_json_text_in_another(tmp_path: Path) -> None:
    log = json_lines({"l": [{"s": 1}, '{"s": 2}']}, {"l": ["[3]", {"s": "4"}]})
    assert read_field(tmp_path, "a.jsonl", log, "each.s", each="l[]") == ["1", "2", None, "4"]
