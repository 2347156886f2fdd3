"""A data file that is gone or damaged is named, with a way out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from polars.exceptions import PolarsError

import plait.store.damaged_files
from plait.errors import DamagedRecord, DamagedTable, StoreError
from plait.store import Store
from plait.store.damaged_files import find_damaged_files, name_damaged_files
from tests.live_people import publish_people
from tests.s3 import Bucket


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    publish_people(store, {1: [1, 2], 3: [3]})
    return store


def _only_file(store: Store, table: str) -> Path:
    (file,) = (Path(store.uri) / "tables" / table).rglob("*.parquet")
    return file


def _cut(file: Path) -> None:
    os.truncate(file, 50)


def _scramble(file: Path) -> None:
    body = file.read_bytes()
    file.write_bytes(body[:20] + bytes(len(body) - 40) + body[-20:])


DAMAGE = {"gone": Path.unlink, "50 bytes instead of": _cut, "cannot be read": _scramble}


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("table", ["accounts", "sequences"])
def test_a_damaged_file_is_named(store: Store, table: str, how: str) -> None:
    version = store.current()
    assert find_damaged_files(store, version) == []
    file = _only_file(store, table)
    DAMAGE[how](file)
    (found,) = find_damaged_files(store, version)
    assert (found.table, Path(store.uri) / found.path) == (table, file)
    assert how in found.fault
    with pytest.raises(DamagedTable, match=f"{file.name}.*store version 1.*{how}") as error:
        store.read(table)
    way = "versions rollback N" if table == "accounts" else "plait fuse --full"
    assert way in str(error.value)


@pytest.mark.parametrize("text", [None, "x{", ""], ids=["gone", "no JSON", "empty"])
def test_a_damaged_log_of_a_table_is_named(store: Store, text: str | None) -> None:
    log = Path(store.uri) / "tables" / "accounts" / "_delta_log" / f"{0:020}.json"
    if text is None:
        log.unlink()
    else:
        log.write_text(text)
    with pytest.raises(DamagedTable, match=r"Delta log of '.*tables/accounts' is damaged"):
        store.read("accounts")


@pytest.mark.parametrize("text", ["{", "", "[1]", "\x00"])
def test_a_damaged_record_of_a_version_is_named(store: Store, text: str) -> None:
    publish_people(store, {1: [1, 2]})
    record = Path(store.uri) / "versions" / "00000002.json"
    record.write_text(text)
    for reads in (store.current, store.poll, lambda: store.version(2)):
        with pytest.raises(DamagedRecord, match=r"versions/00000002.json.*no JSON object"):
            reads()
    record.unlink()
    assert Store(store.uri).current().number == 1


@pytest.mark.parametrize("how", ["gone", "it has 50 bytes"])
def test_a_damaged_object_of_a_bucket_is_named(bucket: Bucket, how: str) -> None:
    store = Store(f"{bucket.uri}/store")
    version = publish_people(store, {1: [1, 2]})
    (part,) = store.parts("accounts", version)
    name = f"store/tables/accounts/{part.path}"
    bucket.client.delete_object(Bucket=bucket.name, Key=name)
    if how != "gone":
        bucket.client.put_object(Bucket=bucket.name, Key=name, Body=bytes(50))
    with pytest.raises(DamagedTable, match=f"{part.path}.*is damaged: .*{how}"):
        store.read("accounts")


def test_a_fault_that_is_no_damage_reads_no_table(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plait.store.damaged_files, "find_damaged_files", pytest.fail)
    for error in (StoreError("S3 does not answer."), OSError("no room"), PolarsError("a fault")):
        with pytest.raises(type(error)), name_damaged_files(store):
            raise error
