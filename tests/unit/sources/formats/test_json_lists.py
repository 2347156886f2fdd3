"""Lists in JSON lines survive the way through text, as they do from Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from plait.sources.files.source_file import SourceFile
from plait.sources.read_chunks import read_chunks
from tests.mappings import mapping_of

MAPPING = mapping_of({"title": "t", "tags": "labels"}, lists=frozenset({"tags"}))


def _read(tmp_path: Path, *lines: str) -> pl.DataFrame:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines))
    about = path.stat()
    file = SourceFile(
        path, "a.jsonl", "jsonl", "platforms.p.catalogue", about.st_size, about.st_mtime
    )
    return pl.concat(read_chunks(file, MAPPING))


def test_lists_are_joined_by_the_unit_separator(tmp_path: Path) -> None:
    found = _read(tmp_path, '{"t": "A", "labels": ["x", "y|z"]}', '{"t": "B", "labels": [0.5, 2]}')
    assert found["tags"].to_list() == ["x\x1fy|z", "0.5\x1f2"]
    assert found["title"].to_list() == ["A", "B"]
    assert found["fault"].is_null().all()


def test_a_column_may_hold_lists_single_values_and_nothing(tmp_path: Path) -> None:
    lines = ('{"labels": ["x"]}', '{"labels": "y"}', '{"labels": null}', '{"t": "B"}')
    assert _read(tmp_path, *lines)["tags"].to_list() == ["x", "y", None, None]


def test_a_broken_line_beside_lists_is_a_fault_of_its_own(tmp_path: Path) -> None:
    lines = ('{"t": "A", "labels": ["x"]}', '{"labels": ["y"', '{"labels": ["z"]}')
    found = _read(tmp_path, *lines)
    assert found["tags"].to_list() == ["x", None, "z"]
    assert found["fault"].to_list() == [None, "bad_json", None]
