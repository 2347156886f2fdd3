"""Lists in JSON lines survive the way through text, as they do from Parquet."""

from __future__ import annotations

import polars as pl

from plait.sources.jsonl_files import decode_lines

FIELDS = {"title": "t", "tags": "labels"}


def _decode(*lines: str) -> pl.DataFrame:
    frame = pl.DataFrame({"row": range(1, len(lines) + 1), "line": lines})
    return decode_lines(frame, FIELDS)


def test_lists_are_joined_by_the_unit_separator() -> None:
    found = _decode('{"t": "A", "labels": ["x", "y|z"]}', '{"t": "B", "labels": [0.5, 2]}')
    assert found["tags"].to_list() == ["x\x1fy|z", "0.5\x1f2"]
    assert found["title"].to_list() == ["A", "B"]
    assert found["fault"].is_null().all()


def test_a_column_may_hold_lists_single_values_and_nothing() -> None:
    found = _decode('{"labels": ["x"]}', '{"labels": "y"}', '{"labels": null}', '{"t": "B"}')
    assert found["tags"].to_list() == ["x", "y", None, None]


def test_a_broken_line_beside_lists_is_a_fault_of_its_own() -> None:
    found = _decode('{"labels": ["x"]}', '{"labels": ["y"', '{"labels": ["z"]}')
    assert found["tags"].to_list() == ["x", None, "z"]
    assert found["fault"].to_list() == [None, "bad_json", None]
