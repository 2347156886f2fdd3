"""Readers look at the layout of a file once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.sources.formats import csv_files, json_files
from tests.unit.sources.read_log import json_lines, read_log


def _count_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[Any]:
    calls: list[Any] = []
    original = getattr(owner, name)

    def counted(*given: Any, **named: Any) -> Any:
        calls.append(given)
        return original(*given, **named)

    monkeypatch.setattr(owner, name, counted)
    return calls


def test_the_layout_of_csv_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _count_calls(monkeypatch, csv_files, "read_layout")
    read_log(tmp_path, "a.csv", "a,b\n1,2\n", columns={"item": "a"})
    assert len(calls) == 1


def test_a_parquet_file_is_scanned_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _count_calls(monkeypatch, pl, "scan_parquet")
    read_log(tmp_path, "a.parquet", pl.DataFrame({"a": [b"x"]}), columns={"item": "a"})
    assert len(calls) == 1


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_rare_keys_are_looked_for_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    records = [{"a": n} for n in range(1_100)] + [{"a": 1, "rare": {"r": "here"}}]
    text = json_lines(*records)
    if form == "json":
        text = "[" + text.strip().replace("\n", ",\n") + "]"
    calls = _count_calls(monkeypatch, json_files, "_scan_lines")
    counts = []
    for names in (["a"], ["rare.r"], ["rare.r", "no", "more.of.them", "x[0].y"]):
        calls.clear()
        values = [{"column": name, "optional": True} for name in names]
        rows = read_log(tmp_path, f"a.{form}", text, columns={"item": {"first": values}})
        counts.append(len(calls))
        assert rows[-1]["item"] == ("1" if names == ["a"] else "here")
    more = 0 if form == "json" else 2  # the rest of the lines: are there any, and their keys
    assert counts == [counts[0], counts[0] + more, counts[0] + more]
