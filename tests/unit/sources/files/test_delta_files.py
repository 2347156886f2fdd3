"""Delta tables are read as they stand: without earlier versions, and without deleted rows."""

from __future__ import annotations

import datetime as dt
import shlex
import subprocess
import sys
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import EmptyInput, MissingFile, UnreadableFile
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import FoundFiles
from plait.sources.read_chunks import read_chunks
from tests.mappings import mapping_of
from tests.s3 import KEYS, Bucket
from tests.unit.sources.delta_tables import delete_rows, map_columns
from tests.unit.sources.read_log import read_table

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
        a for file in found for b in read_chunks(file, mapping_of(FIELDS)) for a in b["account"]
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
@pytest.mark.parametrize("folder", ["log", "my log", "my log [1] 100%"])
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


def test_a_deleted_row_is_known_in_every_part_of_a_file(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", table(), configuration=VECTORS)
    delete_rows(tmp_path / "log", [2])
    (file,) = find_files(project, ["log"], None, WHERE)
    later = replace(file, rows=(1, 3))
    frame = pl.concat(read_chunks(later, mapping_of(FIELDS)))
    assert frame.select("row", "account").rows() == [(2, "b"), (4, "d")]


def test_partition_values_come_from_the_log(project: Project, tmp_path: Path) -> None:
    day = [dt.date(2024, 1, 31), dt.date(2024, 2, 1), None]
    rows = table("abc", day=day, place=["a/b c", None, "100%"])
    write_deltalake(tmp_path / "log", rows, partition_by=["day", "place"])
    found = find_files(project, ["log"], None, WHERE)
    assert sorted(map(str, (dict(file.partitions) for file in found))) == sorted(
        map(
            str,
            (
                {"day": day[0], "place": "a/b c"},
                {"day": day[1], "place": None},
                {"day": None, "place": "100%"},
            ),
        )
    )
    assert {file.table_columns for file in found} == {("u", "t", "day", "place")}
    assert accounts(found) == ["a", "b", "c"]


def test_partition_values_are_written_as_those_of_columns(tmp_path: Path) -> None:
    moment = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)
    kinds = {
        "real": [7.0, 0.5], "flag": [True, False], "day": [moment.date()] * 2, "at": [moment] * 2
    }  # fmt: skip
    rows = table("ab", **kinds)
    write_deltalake(tmp_path / "divided", rows, partition_by=list(kinds))
    write_deltalake(tmp_path / "whole", rows)
    columns = dict(zip(("value", "session", "item", "query"), kinds, strict=True))
    where = {"columns": {"account": "u", **columns}, "decimal": ","}
    divided, whole = (read_table(tmp_path / name, **where) for name in ("divided", "whole"))
    unnumbered = [{**row, "row": 1} for row in whole]
    assert sorted(divided, key=itemgetter("account")) == unnumbered
    assert [row["value"] for row in whole] == ["7", "0,5"]


def test_two_tables_and_a_plain_file_are_each_read_as_they_are(
    project: Project, tmp_path: Path
) -> None:
    for name in "xy":
        write_deltalake(tmp_path / "logs" / name, table(name))
        write_deltalake(tmp_path / "logs" / name, table(name.upper()), mode="overwrite")
    pl.DataFrame(table("p")).write_parquet(tmp_path / "logs" / "plain.parquet")
    assert accounts(find_files(project, ["logs"], None, WHERE)) == ["X", "Y", "p"]


def test_a_file_of_an_earlier_version_cannot_be_named(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", table())
    (old,) = (tmp_path / "log").glob("*.parquet")
    write_deltalake(tmp_path / "log", table("z"), mode="overwrite")
    with pytest.raises(MissingFile, match=r"not in the latest version.*to the folder of the table"):
        find_files(project, [f"log/{old.name}"], None, WHERE)


def test_a_table_without_rows_is_empty(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", table())
    DeltaTable(tmp_path / "log").delete()
    with pytest.raises(EmptyInput, match=rf"{WHERE} has no others"):
        find_files(project, ["log"], None, WHERE)


def run_fix(message: str, folder: Path) -> None:
    """Runs the command that stands in `message` after the words python -c."""
    command = shlex.split(message[message.index("python -c") :])[:3]
    subprocess.run([sys.executable, *command[1:]], cwd=folder, check=True)


def test_a_lost_file_is_named_and_the_fix_works(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", table("a"))
    (lost,) = (tmp_path / "log").glob("*.parquet")
    write_deltalake(tmp_path / "log", table("b"), mode="append")
    lost.unlink()
    with pytest.raises(MissingFile, match=lost.name) as refused:
        find_files(project, ["log"], None, WHERE)
    run_fix(str(refused.value), tmp_path)
    assert accounts(find_files(project, ["log"], None, WHERE)) == ["b"]


def test_mapped_columns_are_refused_and_the_fix_works(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", pa.table({"c1": ["a", "b"], "t": [1, 2]}))
    map_columns(tmp_path / "log", {"c1": "u"})
    with pytest.raises(UnreadableFile, match=r"maps its columns.*columnMapping") as refused:
        find_files(project, ["log"], None, WHERE)
    run_fix(str(refused.value), tmp_path)
    assert accounts(find_files(project, ["log-copy.parquet"], None, WHERE)) == ["a", "b"]


def test_a_log_that_cannot_be_read(project: Project, tmp_path: Path) -> None:
    write_deltalake(tmp_path / "log", table())
    next((tmp_path / "log" / "_delta_log").glob("*.json")).write_text("{")
    with pytest.raises(UnreadableFile, match=r"the Delta table '.*log' cannot be read"):
        find_files(project, ["log"], None, WHERE)


@pytest.mark.parametrize("pattern", ["logs/table", "logs/table/*.parquet", "logs/**/*", "logs"])
def test_a_table_on_s3(bucket: Bucket, project: Project, pattern: str) -> None:
    options = {
        "aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": KEYS["AWS_SECRET_ACCESS_KEY"],
        "aws_endpoint": bucket.endpoint,
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
        "conditional_put": "etag",
    }
    address = f"{bucket.uri}/logs/table"
    write_deltalake(address, table(), storage_options=options)
    DeltaTable(address, storage_options=options).delete("u = 'b'")
    found = find_files(project, [f"{bucket.uri}/{pattern}"], None, WHERE)
    assert accounts(found) == ["a", "c", "d"]
    assert found[0].record()["etag"]


@pytest.mark.parametrize("folder", ["log", "my log", "a%20b", "log [1]", "log#x"])
def test_deleted_rows_of_a_table_on_s3(
    bucket: Bucket, project: Project, tmp_path: Path, folder: str
) -> None:
    write_deltalake(tmp_path / "log", table(), configuration=VECTORS)
    delete_rows(tmp_path / "log", [0], inline=False)
    for file in (tmp_path / "log").rglob("*"):
        if file.is_file():
            bucket.put(f"{folder}/{file.relative_to(tmp_path / 'log')}", file.read_bytes())
    if folder != "log":
        with pytest.raises(UnreadableFile, match="Copy it to an address of letters"):
            find_files(project, [f"{bucket.uri}/{folder}"], None, WHERE)
        return
    found = find_files(project, [f"{bucket.uri}/{folder}"], None, WHERE)
    assert accounts(found) == ["b", "c", "d"]
