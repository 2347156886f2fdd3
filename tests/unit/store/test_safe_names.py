"""What a record of the store names stays in the store: nothing else is read, written, removed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from plait.contracts.store_tables import PEOPLE
from plait.errors import DamagedVersion, NoModel, PlaitError, StoreError
from plait.store import Registry, Store
from plait.store.garbage import find_garbage
from plait.store.model_manifest import digest
from plait.store.safe_names import UnsafeName, check_name, check_path
from plait.store.store_objects import list_objects, read_object, remove_objects, write_object
from tests.s3 import Bucket

UNSAFE = [
    "..", "../outside/secret.json", "a/../../outside/secret.json", "/etc/passwd", "", ".",
    "./config.json", "a\\b", "a\0b", "a\nb", "x" * 300, "\ud800", "v1/", "//x",
]  # fmt: skip


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file beside the store; no test may change it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.json").write_text("{}")
    return folder / "secret.json"


@pytest.fixture
def registry(store: Store, tmp_path: Path) -> Registry:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    registry = Registry(store)
    registry.publish("default", tmp_path / "model")
    return registry


def people(store: Store, count: int) -> int:
    """Publishes a version with `count` people; returns its number."""
    rows = PEOPLE.conform(pl.DataFrame({"person": [f"p{i}" for i in range(count)]}))
    writer = store.writer(PEOPLE)
    writer.write(rows)
    return store.publish({"people": writer.commit()}, {}, []).number


@pytest.mark.parametrize("name", [*UNSAFE, "a/b", 7, None, ["a"]])
def test_a_name_is_one_name(name: object) -> None:
    with pytest.raises(UnsafeName):
        check_name(name)


@pytest.mark.parametrize("name", ["config.json", "part-0..1.parquet", "v1", "год.csv", "a b", "-"])
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert check_name(name) == name
    assert check_path(f"{name}/{name}") == f"{name}/{name}"


@pytest.mark.parametrize("name", UNSAFE)
def test_no_object_is_reached_by_such_a_name(store: Store, outside: Path, name: str) -> None:
    for act in (
        lambda: read_object(store.objects, name),
        lambda: write_object(store.objects, name, b"changed"),
        lambda: remove_objects(store.objects, [name]),
        lambda: list_objects(store.objects, f"../{name}"),
    ):
        with pytest.raises(StoreError, match="no such object"):
            act()
    assert outside.read_text() == "{}"


@pytest.mark.parametrize("name", [n for n in UNSAFE if n != "\ud800"])
def test_a_manifest_may_name_its_own_files_alone(
    registry: Registry, store: Store, outside: Path, name: str
) -> None:
    manifest = {"created": "now", "files": {name: digest(outside.read_bytes())}}
    write_object(store.objects, "models/default/v1/manifest.json", json.dumps(manifest).encode())
    with pytest.raises(DamagedVersion, match="is not the name of a file in its folder"):
        registry.fetch("default")
    with pytest.raises(DamagedVersion):
        registry.describe("default")


def test_a_manifest_on_s3_writes_nothing_outside_the_copy(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a" / "b" / "cache"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    registry = Registry(Store(f"{bucket.uri}/store"))
    registry.publish("default", tmp_path / "model")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    manifest = {"created": "now", "files": {"../../../../../../evil": digest(b"evil")}}
    bucket.put("store/models/default/v1/manifest.json", json.dumps(manifest))
    bucket.put("store/evil", "evil")
    with pytest.raises(DamagedVersion, match="not the name of a file"):
        registry.fetch("default")
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "version", ["../../outside", "/etc", "v1/../../x", "", "V1", "v0", "v1\n", 3]
)
def test_an_alias_names_a_version(registry: Registry, store: Store, version: object) -> None:
    record = json.dumps({"version": version, "action": "promote"}).encode()
    write_object(store.objects, "models/default/current/00000002.json", record)
    with pytest.raises(DamagedVersion, match="plait promote VERSION"):
        registry.fetch("default")
    assert registry.promote("default", "v1") == "v1"


@pytest.mark.parametrize("name", ["../x", "/etc", "a/b", "", "A", "a\nb", "default\n", "x" * 64])
def test_a_model_has_a_models_name(registry: Registry, tmp_path: Path, name: str) -> None:
    for act in (
        lambda: registry.fetch(name),
        lambda: registry.publish(name, tmp_path / "model"),
        lambda: registry.promote(name),
        lambda: registry.rollback(name),
        lambda: registry.describe(name),
    ):
        with pytest.raises(NoModel, match="not a model name"):
            act()
    with pytest.raises(NoModel, match="has no version"):
        registry.fetch("default", f"../default/{name}")


def test_what_is_no_version_is_not_listed(registry: Registry, store: Store) -> None:
    for folder in ("default/backup", "default/v01", "Default/v1", "default/v1x"):
        write_object(store.objects, f"models/{folder}/manifest.json", b"{}")
    assert registry.versions("default") == ["v1"]
    assert registry.names() == ["default"]


@pytest.mark.parametrize(
    "tables", [{"../x": 0}, {"people": "../0"}, {"people": -1}, ["people"], None]
)
def test_a_version_names_tables(store: Store, tables: object) -> None:
    number = people(store, 2)
    path = f"versions/{number:08d}.json"
    record = json.loads(read_object(store.objects, path)) | {"tables": tables}
    write_object(store.objects, path, json.dumps(record).encode())
    with pytest.raises(StoreError, match="names its tables"):
        Store(store.uri).current()


@pytest.mark.parametrize(
    "path", ["../../../outside/x.parquet", "%2E%2E/%2e%2e/x.parquet", "/etc/x.parquet", "file:///x"]
)
def test_a_delta_log_names_parts_of_its_table(store: Store, tmp_path: Path, path: str) -> None:
    number = people(store, 2)
    log = tmp_path / "store" / "tables" / "people" / "_delta_log" / f"{0:020d}.json"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        if "add" in line:
            line["add"]["path"] = path
    log.write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "outside").mkdir()
    PEOPLE.empty().write_parquet(tmp_path / "outside" / "x.parquet")
    with pytest.raises(StoreError, match="names a data file"):
        store.read("people", store.version(number))
    with pytest.raises(StoreError, match="names a data file"):
        find_garbage(store, 1)


def test_a_link_out_of_the_store_is_not_followed(
    registry: Registry, store: Store, tmp_path: Path, outside: Path
) -> None:
    file = tmp_path / "store" / "models" / "default" / "v1" / "config.json"
    file.unlink()
    file.symlink_to(outside)  # of the same checksum
    with pytest.raises(StoreError, match="a link leads from"):
        registry.fetch("default")
    inputs = tmp_path / "store" / "inputs"
    inputs.symlink_to(outside.parent)
    for act in (
        lambda: read_object(store.objects, "inputs/secret.json"),
        lambda: write_object(store.objects, "inputs/new.json", b"x"),
        lambda: remove_objects(store.objects, ["inputs/secret.json"]),
    ):
        with pytest.raises(StoreError, match="a link leads from"):
            act()
    assert [path.name for path in outside.parent.iterdir()] == ["secret.json"]


def test_gc_removes_nothing_through_a_link(store: Store, tmp_path: Path, outside: Path) -> None:
    from datetime import timedelta

    people(store, 2)
    (tmp_path / "store" / "tables" / "more").symlink_to(outside.parent)
    with pytest.raises(StoreError, match="a link leads from"):
        find_garbage(store, 1, timedelta(0))
    assert outside.exists()


def test_a_store_that_is_itself_behind_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    store = Store(tmp_path / "store")
    assert store.read("people", store.version(people(store, 3))).height == 3


def test_links_and_folders_are_not_published(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "model" / "more").mkdir()
    with pytest.raises(PlaitError, match="not a plain file"):
        registry.publish("default", tmp_path / "model")
    assert registry.versions("default") == ["v1"]
