"""Delta tables are read as they stand: without earlier versions, and without deleted rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.sources.find_files import find_files
from plait.sources.read_chunks import read_chunks
from plait.sources.source_file import FoundFiles
from tests.unit.sources.delta_tables import delete_rows

WHERE = "platforms.shop.events"
FIELDS = {"account": "u", "time": "t"}
VECTORS = {"delta.enableDeletionVectors": "true"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    return parse_config({"store": "s", "platforms": {"shop": {"events": events}}}, folder=tmp_path)


def table(rows: str = "abcd", **columns: Any) -> pa.Table:
    return pa.table({"u": list(rows), "t": list(range(len(rows))), **columns})


def accounts(found: FoundFiles) -> list[str]:
    return sorted(
        a for file in found for b in read_chunks(file, FIELDS, FIELDS) for a in b["account"]
    )


@pytest.mark.parametrize("pattern", ["log", "log/*.parquet", "**/*.parquet", "l*"])
def test_rows_deleted_by_rewriting_files_stay_deleted(
    project: Project, tmp_path: Path, pattern: str
) -> None:
    write_deltalake(tmp_path / "log", table())
    write_deltalake(tmp_path / "log", table("ef"), mode="append")
    DeltaTable(tmp_path / "log").delete("u = 'b'")
    assert accounts(find_files(project, [pattern], None, WHERE)) == ["a", "c", "d", "e", "f"]


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("folder", ["log", "my log [1] 100%"])
def test_rows_deleted_by_a_vector_stay_deleted(
    project: Project, tmp_path: Path, folder: str, inline: bool
) -> None:
    write_deltalake(tmp_path / "log", table(), configuration=VECTORS)
    before = find_files(project, ["log"], None, WHERE)[0].record()
    delete_rows(tmp_path / "log", [1, 3], inline=inline)
    (tmp_path / "log").rename(tmp_path / folder)
    found = find_files(project, [folder], None, WHERE)
    assert found[0].deleted_rows == (2, 4)
    assert accounts(found) == ["a", "c"]
    record = found[0].record()
    assert record["bytes"] == before["bytes"]
    assert "deleted" in record.keys() - before.keys()
