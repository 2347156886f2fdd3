"""`plait gc` removes what no kept version names, and nothing else."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.contracts.store_tables import QUARANTINE
from plait.errors import StoreError
from plait.store import Registry, Store, StoreVersion
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.garbage import find_garbage, remove_garbage
from plait.store.roll_back import roll_back
from plait.store.store_objects import list_objects, read_object, remove_objects, write_object
from plait.store.table_files import data_file_paths, write_data_file
from tests.unit.cli.conftest import Shop


def collect(shop: Shop, *arguments: str) -> Any:
    return json.loads(shop.run("gc", "--older-than", "0s", "--json", *arguments).stdout)


def parts(shop: Shop) -> set[str]:
    found = (meta["path"] for meta in list_objects(shop.store.objects, "tables"))
    return {path for path in found if "_delta_log" not in path}


def named(shop: Shop, *numbers: int) -> set[str]:
    store = shop.store
    return {
        file
        for number in numbers
        for table, delta in store.version(number).tables.items()
        for file in data_file_paths(store.location, table, delta)
    }


def test_only_what_kept_versions_name_is_left(fused: Shop) -> None:
    before = {n: fused.items(n) for n in (2, 3)}
    found = collect(fused, "--keep", "2")
    assert (found["kept"], found["versions"]) == ([2, 3], [1])
    assert fused.store.numbers() == [2, 3]
    assert parts(fused) == named(fused, 2, 3)
    assert {n: fused.items(n) for n in (2, 3)} == before
    # The next run, and a rollback, stand on what is left.
    fused.fuse("d")
    assert json.loads(fused.run("versions", "rollback", "2", "--json").stdout)["to"] == 5
    assert fused.items() == before[2]
    assert fused.items(4) == ["shop:a", "shop:b", "shop:c", "shop:d"]


def test_a_dry_run_says_the_same_and_removes_nothing(fused: Shop) -> None:
    before = parts(fused)
    dry = collect(fused, "--keep", "1", "--dry-run")
    assert (parts(fused), fused.store.numbers()) == (before, [1, 2, 3])
    wet = collect(fused, "--keep", "1")
    assert (dry["objects"], dry["bytes"]) == (wet["objects"], wet["bytes"])
    gone = {path for kind, paths in wet["objects"].items() if kind != "versions" for path in paths}
    assert before - parts(fused) == gone
    assert collect(fused, "--keep", "1")["objects"] == {}


def test_tables_share_a_part_that_a_rollback_names_again(fused: Shop) -> None:
    fused.run("versions", "rollback", "1")
    collect(fused, "--keep", "1")
    assert fused.store.numbers() == [4]
    assert fused.items() == ["shop:a"]


def test_what_a_killed_run_left_goes_once_it_is_old(fused: Shop) -> None:
    orphan = write_data_file(fused.store.location, QUARANTINE, QUARANTINE.empty()).path
    now = datetime.now(UTC)
    young = find_garbage(fused.store, 9, now=now)
    assert (young.objects, young.waiting) == ({}, 1)
    old = find_garbage(fused.store, 9, now=now + timedelta(hours=2))
    assert old.objects == {"quarantine": [f"tables/quarantine/{orphan}"]}
    remove_garbage(fused.store, old)
    assert parts(fused) == named(fused, 1, 2, 3)


def test_a_file_that_a_killed_writer_had_not_named_goes_too(store: Store) -> None:
    store.publish({"quarantine": store.writer(QUARANTINE).commit()}, {}, [])
    staged = (store.path("tables/quarantine") or Path()) / "part-0123.parquet#1"
    staged.write_text("half")
    assert find_garbage(store, 1).waiting == 1
    found = find_garbage(store, 1, timedelta(0))
    assert found.objects == {"quarantine": ["tables/quarantine/part-0123.parquet#1"]}
    remove_garbage(store, found)
    assert not staged.exists()


def test_a_run_that_still_writes_keeps_all_it_wrote(fused: Shop) -> None:
    """One old and one new part since the last version: a long run is at work."""
    first = write_data_file(fused.store.location, QUARANTINE, QUARANTINE.empty()).path
    moments = {m["path"]: m["last_modified"] for m in list_objects(fused.store.objects, "tables")}
    written = moments[f"tables/quarantine/{first}"]
    if not fused.store.location.is_local:
        time.sleep(1.1)  # the clock of S3 ticks in seconds
    write_data_file(fused.store.location, QUARANTINE, QUARANTINE.empty())
    found = find_garbage(fused.store, 9, timedelta(0), now=written)
    assert (found.objects, found.waiting) == ({}, 2)


def test_the_version_that_a_model_in_use_was_trained_on_stays(fused: Shop) -> None:
    folder = fused.folder / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"training": {"store_version": 1}}))
    Registry(fused.store).publish("default", folder)
    found = collect(fused, "--keep", "1")
    assert found["kept"] == [1, 3]
    assert found["because"] == {"1": "default v1 was trained on it"}
    said = fused.run("gc", "--keep", "1").stdout
    assert "1 (default v1 was trained on it), 3." in said
    (folder / "config.json").write_text(json.dumps({"training": {"store_version": 3}}))
    Registry(fused.store).publish("default", folder)
    Registry(fused.store).promote("default")
    assert collect(fused, "--keep", "1")["kept"] == [3]
    assert Registry(fused.store).versions("default") == ["v1", "v2"]


def test_the_version_that_an_unfinished_run_reads_stays(fused: Shop) -> None:
    objects = fused.store.objects
    name = "runs/default/0123456789abcdef/job.json"
    write_object(objects, name, json.dumps({"store_version": 1, "model": "default"}).encode())
    write_object(objects, "runs/other/0123/job.json", b"{ half")
    write_object(objects, "runs/other/4567/0-0000000001.safetensors", b"no job")
    found = collect(fused, "--keep", "1")
    assert (found["kept"], found["versions"]) == ([1, 3], [2])
    assert found["because"] == {"1": "an unfinished run of default reads it"}
    assert fused.items(1) == ["shop:a"]
    later = datetime.now(UTC) + timedelta(days=15)
    assert find_garbage(fused.store, 1, timedelta(0), now=later).kept == [3]  # nobody resumes it
    remove_objects(objects, [name])
    assert collect(fused, "--keep", "1")["kept"] == [3]


def test_a_run_that_begins_while_gc_looks_keeps_its_version(fused: Shop) -> None:
    found = find_garbage(fused.store, 1, timedelta(0))
    write_object(fused.store.objects, "runs/default/0123/job.json", b'{"store_version": 2}')
    with pytest.raises(StoreError, match="store version 2 came into use"):
        remove_garbage(fused.store, found)
    assert fused.items(2) == ["shop:a", "shop:b"]


def test_a_version_that_was_the_newest_until_a_moment_ago_stays(fused: Shop) -> None:
    """An evaluation, or a replica that loads its people, may have begun with it."""
    found = find_garbage(fused.store, 1)
    assert found.kept == [1, 2, 3]
    assert found.because == dict.fromkeys([1, 2], "it was the newest version until recently")
    assert find_garbage(fused.store, 1, now=datetime.now(UTC) + timedelta(hours=2)).kept == [3]


def test_a_model_whose_promotion_was_killed_does_not_stop_gc(fused: Shop) -> None:
    folder = fused.folder / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"training": {"store_version": 2}}))
    registry = Registry(fused.store)
    registry.publish("default", folder)
    alias = [m["path"] for m in list_objects(fused.store.objects, "models/default/current")]
    remove_objects(fused.store.objects, alias)
    found = collect(fused, "--keep", "1")
    assert (found["kept"], found["versions"]) == ([2, 3], [1])
    assert registry.versions("default") == ["v1"]


def test_the_version_of_a_model_that_is_not_promoted_yet_stays(fused: Shop) -> None:
    """It is evaluated before it is promoted."""
    folder = fused.folder / "model"
    folder.mkdir()
    for number in (3, 1):
        (folder / "config.json").write_text(json.dumps({"training": {"store_version": number}}))
        Registry(fused.store).publish("default", folder)
    assert Registry(fused.store).current("default") == "v1"
    assert collect(fused, "--keep", "1")["kept"] == [1, 3]


def test_feedback_and_models_stay_and_half_published_ones_go(fused: Shop) -> None:
    objects = fused.store.objects
    write_object(objects, "feedback/events/x.parquet", b"x")
    write_object(objects, "models/default/v1/weights.safetensors", b"x")
    found = collect(fused, "--keep", "3")
    assert found["objects"] == {"models": ["models/default/v1/weights.safetensors"]}
    assert [m["path"] for m in list_objects(objects, "feedback")] == ["feedback/events/x.parquet"]


def test_the_feedback_log_is_compacted_and_what_was_replaced_goes(fused: Shop) -> None:
    log = FeedbackLog(fused.store)
    for n in range(40):
        log.write_events(pl.DataFrame({"event_id": [f"e{n}"]}), f"{n}-0_{n}-0")
    assert fused.run("gc", "--keep", "9", "--dry-run").exit_code == 0
    assert len(list_objects(fused.store.objects, "feedback/events")) == 40
    fused.run("gc", "--keep", "9")  # what was replaced can be read for an hour
    assert len(list_objects(fused.store.objects, "feedback/events")) == 41
    found = collect(fused, "--keep", "9")
    assert len(found["objects"]["feedback"]) == 40
    (part,) = list_objects(fused.store.objects, "feedback/events")
    rows = pl.read_parquet(read_object(fused.store.objects, part["path"]))
    assert sorted(rows["event_id"]) == sorted(f"e{n}" for n in range(40))
    assert collect(fused, "--keep", "9")["objects"] == {}


def test_the_table_counts_objects_and_bytes(fused: Shop) -> None:
    said = fused.run("gc", "--keep", "1", "--older-than", "0s").stdout
    assert "in all" in said
    assert "Store versions kept: 3." in said
    assert "There is nothing to remove." in fused.run("gc", "--keep", "1").stdout
    assert fused.run("gc", "--keep", "0").exit_code == 2
    assert fused.run("gc", "--keep", "1", "--older-than", "soon").exit_code == 2


def test_what_was_published_while_gc_looked_stays(fused: Shop) -> None:
    """A rollback names parts that were to go; they are old, so no grace saves them."""
    found = find_garbage(fused.store, 1, timedelta(0))
    roll_back(fused.store, 1)
    remove_garbage(fused.store, found)
    assert fused.items() == ["shop:a"]


def test_a_rollback_to_what_gc_takes_at_that_moment_is_taken_back(
    fused: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Store.publish

    def overtaken(store: Store, *args: Any, **more: Any) -> StoreVersion:
        version = publish(store, *args, **more)
        remove_objects(store.objects, ["versions/00000001.json"])
        return version

    monkeypatch.setattr(Store, "publish", overtaken)
    with pytest.raises(StoreError, match="removed by `plait gc`"):
        roll_back(fused.store, 1)
    assert fused.store.numbers() == [2, 3]
    assert fused.items() == fused.items(3)
