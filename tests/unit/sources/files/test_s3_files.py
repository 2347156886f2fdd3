"""Raw files on S3: found by address or glob, and read as if they lay here."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.errors import EmptyInput, MissingFile, StoreError, UnreadableFile
from plait.sources.files import s3_files
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import SourceFile
from plait.sources.read_chunks import read_chunks
from tests.mappings import mapping_of
from tests.s3 import Bucket

WHERE = "platforms.shop.events"
ROWS = pl.DataFrame({"u": ["a", "b", "c"], "t": [1, 2, 3]})
FIELDS = {"account": "u", "time": "t"}


def packed(write: Callable[[io.BytesIO], Any]) -> bytes:
    body = io.BytesIO()
    write(body)
    return body.getvalue()


BODIES = {
    "a.csv": packed(ROWS.write_csv),
    "a.csv.gz": gzip.compress(packed(ROWS.write_csv)),
    "a.csv.zst": packed(lambda body: ROWS.lazy().sink_csv(body, compression="zstd")),
    "a.jsonl": packed(ROWS.write_ndjson),
    "a.jsonl.gz": gzip.compress(packed(ROWS.write_ndjson)),
    "a.parquet": packed(ROWS.write_parquet),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    events = {"files": "a.csv", "columns": {"account": "u", "time": "t"}, "type": "view"}
    return parse_config({"store": "s", "platforms": {"shop": {"events": events}}}, folder=tmp_path)


def find(project: Project, *patterns: str) -> list[SourceFile]:
    return find_files(project, patterns, None, WHERE)


def read(file: SourceFile) -> pl.DataFrame:
    return pl.concat(read_chunks(file, mapping_of(FIELDS)))


@pytest.mark.parametrize("name", BODIES)
def test_every_format_is_read_as_from_a_folder(
    bucket: Bucket, project: Project, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(BODIES[name])
    address = bucket.put(f"logs/{name}", BODIES[name])
    (here,), (there,) = find(project, name), find(project, address)
    assert there.name == address
    assert read(there).equals(read(here))
    assert read(there)["account"].to_list() == ["a", "b", "c"]
    # Nothing of the copy is left.
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p != tmp_path / name]


def test_a_file_larger_than_a_piece_comes_whole(
    bucket: Bucket, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_files, "_CHUNK_BYTES", 7)
    (file,) = find(project, bucket.put("a.csv", BODIES["a.csv"]))
    assert read(file).height == 3


def test_globs_go_by_folders_as_on_disk(bucket: Bucket, project: Project, tmp_path: Path) -> None:
    keys = ["logs/a-1.csv", "logs/a-2.csv", "logs/b-1.csv", "logs/deep/er/a-3.csv", "x/a-1.csv"]
    keys += ["logs/[-4.csv", "logs/!-5.csv", "logs/^-6.csv"]
    for key in keys:
        bucket.put(key, "u,t\na,1\n")
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text("u,t\na,1\n")
    for pattern in (
        "logs/a-*.csv", "logs/**/a-*.csv", "*/a-1.csv", "logs/?-[12].csv", "logs/[!a]*.csv",
        "logs/a-1.csv", "logs/[[]-*.csv", "logs/[b!]-*.csv", "logs/[&&~|!]-*.csv",
        "logs/[!^]-*.csv",
    ):  # fmt: skip
        there = [
            f.name.removeprefix(f"{bucket.uri}/") for f in find(project, f"{bucket.uri}/{pattern}")
        ]
        assert there == [f.name for f in find(project, pattern)], pattern


def test_the_record_of_an_input_names_its_etag(bucket: Bucket, project: Project) -> None:
    address = bucket.put("a.csv", BODIES["a.csv"])
    record = find(project, address)[0].record()
    assert (record["path"], record["bytes"]) == (address, len(BODIES["a.csv"]))
    first = record["etag"]
    bucket.put("a.csv", b"u,t\nz,9\n")
    assert find(project, address)[0].record()["etag"] != first


@pytest.mark.parametrize("when", ["before", "during", "removed"])
def test_a_file_that_changes_while_it_is_read_is_noticed(
    bucket: Bucket, project: Project, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(s3_files, "_CHUNK_BYTES", 8)
    (file,) = find(project, bucket.put("a.csv", BODIES["a.csv"]))
    same = BODIES["a.csv"].replace(b"a", b"z")  # as long as it was
    if when == "before":
        bucket.put("a.csv", same)
    elif when == "removed":
        bucket.client.delete_object(Bucket=bucket.name, Key="a.csv")
    chunks = read_chunks(file, mapping_of(FIELDS), chunk=1)
    with pytest.raises(UnreadableFile, match=rf"'{bucket.uri}/a.csv' changed while it was read"):
        for _ in chunks:
            bucket.put("a.csv", same)


def test_what_is_missing_is_named_with_the_nearest(bucket: Bucket, project: Project) -> None:
    bucket.put("logs/orders.csv", "u,t\na,1\n")
    with pytest.raises(MissingFile, match=rf"no file '{bucket.uri}/logs/order.csv'") as caught:
        find(project, f"{bucket.uri}/logs/order.csv")
    assert f"Did you mean '{bucket.uri}/logs/orders.csv'?" in str(caught.value)
    with pytest.raises(MissingFile, match=r"no file matches .* holds: orders\.csv"):
        find(project, f"{bucket.uri}/logs/zz*.jsonl")
    with pytest.raises(StoreError, match="no bucket 'nowhere'"):
        find(project, "s3://nowhere/a.csv")
    with pytest.raises(StoreError, match=r"Correct platforms\.shop\.events\.files"):
        find(project, "gs://nowhere/a.csv")


def test_faults_name_the_address(bucket: Bucket, project: Project) -> None:
    with pytest.raises(EmptyInput, match=f"{bucket.uri}/a.csv' is empty"):
        find(project, bucket.put("a.csv", ""))
    with pytest.raises(UnreadableFile, match=f"{bucket.uri}/b.parquet' is not Parquet"):
        find(project, bucket.put("b.parquet", "text"))
    (cut,) = find(project, bucket.put("c.csv.gz", BODIES["a.csv.gz"][:-12]))
    with pytest.raises(UnreadableFile, match=rf"{bucket.uri}/c\.csv\.gz' (ends too early|cannot)"):
        read(cut)


def test_a_key_that_exists_as_it_is_written_is_meant(bucket: Bucket, project: Project) -> None:
    address = bucket.put("logs/data [1].csv", BODIES["a.csv"])
    bucket.put("logs/data 1.csv", BODIES["a.csv"])
    assert [f.name for f in find(project, address)] == [address]
    assert len(find(project, address.replace(" [1]", " *"))) == 2
