"""A data file that is gone or damaged is named, with a way out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plait.errors import DamagedRecord, DamagedTable
from plait.store import Store
from plait.store.damaged_files import find_damaged_files, name_damaged_files
from tests.live_people import publish_people


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


def test_what_fails_for_another_reason_keeps_its_error(store: Store) -> None:
    with pytest.raises(OSError, match="no room"), name_damaged_files(store):
        raise OSError("no room")


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
